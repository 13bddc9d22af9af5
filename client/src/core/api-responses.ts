/** Which responses of the API does the client read? One place for their names in `openapi.yaml`. */

import type { components } from '../api.js';
import type { Binding } from './types.js';

type Schemas = components['schemas'];

/** The common fields of `POST /login` and `POST /refresh`. */
export type TokenResponse = Omit<Schemas['Tokens'], 'token_type'> & { readonly token_type?: string; readonly binding?: Binding };
/** `GET /refresh`. */
export type StatusResponse = Schemas['Status'] & { readonly binding?: Binding };
/** `GET /sessions`. */
export type SessionListResponse = Schemas['SessionList'];
/** `GET /sessions/events`. */
export type EventListResponse = Schemas['Trail'];
