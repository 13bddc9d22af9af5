/** Passes the loaded events to the details of a session, so that the other cards are not rendered again for each event. */

import { createContext } from 'react';

import type { SecurityEvent } from '../../core/types.js';

export const RecentEvents = createContext<readonly SecurityEvent[]>([]);
