/** Which responses of the API does the client read? One place for their names in `openapi.yaml`. */

import type { components } from '../api.js';

type Schemas = components['schemas'];

/** The common fields of `POST /login` and `POST /refresh`. */
export type TokenResponse = Schemas['Tokens'];
/** `GET /refresh`. */
export type StatusResponse = Schemas['Status'];
/** `GET /sessions`. */
export type SessionListResponse = Schemas['SessionList'];
/** `GET /sessions/events`. */
export type EventListResponse = Schemas['Trail'];
/** `GET /fleet/events`. */
export type FleetEventsResponse = Schemas['FleetEvents'];
/** `GET /fleet/sign-ins`. */
export type SignInsResponse = Schemas['SignIns'];
