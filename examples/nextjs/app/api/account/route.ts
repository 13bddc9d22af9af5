import { stillSignedIn } from '../../../guard';

export const DELETE = stillSignedIn.handler((request) => Response.json({ deletedBy: request.auth.userId }));
