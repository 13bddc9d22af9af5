'use client';

/** The security console for administrators, as an entry of its own, so that the app of users does not contain it. */

export { fleetOf } from './core/fleet/fleet-of.js';
export type * from './core/fleet/fleet-types.js';
export type { ConsoleLabels, PartialConsoleLabels } from './react/console/console-labels.js';
export { preloadSecurityConsole, SecurityConsole, type SecurityConsoleProps } from './react/console/security-console.js';
export { type ConsoleView, consoleViewFromQuery, consoleViewToQuery, type EventFilters } from './react/console/state/console-view.js';
