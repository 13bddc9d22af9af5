import type { Authenticated } from '@latchkey/react/server';
import type { NextRequest } from 'next/server';
import { signedIn } from '../../../../guard';

interface Context {
  readonly params: Promise<{ readonly id: string }>;
}

export const GET = signedIn.handler(async (request: Authenticated<NextRequest>, { params }: Context) => {
  const { id } = await params;
  return Response.json({ order: id, of: request.auth.userId });
});
