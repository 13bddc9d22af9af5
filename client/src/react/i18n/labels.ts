/** The texts of the page, as types: an app can replace some of them or all. */

import type { Binding, EndReason, Recommendation, SecurityEvent, Session } from '../../core/types.js';
import type { TEXTS } from './texts/en.js';

/** The name of a text. */
export type TextKey = keyof typeof TEXTS;

/** The names of the texts for the codes of the API. */
type CodeKey =
  | `event.${SecurityEvent['event_type']}`
  | `recommendation.${Recommendation['code']}`
  | `ended.${EndReason}`
  | `device.${Session['device_type']}`
  | `binding.${Binding}`;

/** All texts, in the message format of ICU. `texts/en.json` in the package has the English ones. */
export type Labels = Readonly<Record<TextKey | CodeKey, string>>;

/**
 * The texts that an app replaces. A file with all of them is a translation.
 *
 * ```tsx
 * const labels: PartialLabels = {
 *   signOut: 'Se déconnecter',
 *   chartSummary: '{count, plural, one {# connexion} other {# connexions}}',
 * };
 * <SessionMonitoring labels={labels} locale="fr" />
 * ```
 */
export type PartialLabels = { readonly [Key in TextKey]?: string };
