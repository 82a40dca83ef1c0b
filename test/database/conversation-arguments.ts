import { limits } from '../../shared/limits.ts'
import type { Arguments } from './hosted.ts'

interface Bounded {
  readonly name: string
  readonly taken: readonly Arguments[]
  readonly refused: readonly Arguments[]
}

const lead = { p_workspace: 'w1', p_contact: 'w1-first' }
const history = { ...lead, p_limit: 1, p_offset: 0, p_after: null, p_after_id: null }

/** The functions about conversations, with arguments at their bounds and beyond. `at` is an instant as Postgres writes it. */
export function conversationArguments(badIds: readonly (string | null)[], at: string): readonly Bounded[] {
  return [
    {
      name: 'lead_history',
      taken: [
        { ...history, p_limit: limits.historyMessagesMax, p_offset: limits.historyOffsetMax },
        { ...history, p_after: at, p_after_id: 'x'.repeat(128) },
      ],
      refused: [
        ...badIds.flatMap((id) => [
          { ...history, p_workspace: id },
          { ...history, p_contact: id },
          { ...history, p_after: at, p_after_id: id },
        ]),
        ...[null, 0, -1, limits.historyMessagesMax + 1].map((p_limit) => ({ ...history, p_limit })),
        ...[null, -1, limits.historyOffsetMax + 1].map((p_offset) => ({ ...history, p_offset })),
        ...['', 'now', 'infinity', '2026-01-02T03:04:05', `${at} BC`].map((after) => ({
          ...history,
          p_after: after,
          p_after_id: '1',
        })),
        { ...history, p_offset: 1, p_after: at, p_after_id: '1' },
      ],
    },
    ...['lead_control', 'lead_context', 'lead_greeting'].map((name) => ({
      name,
      taken: [lead],
      refused: badIds.flatMap((id) => [
        { ...lead, p_workspace: id },
        { ...lead, p_contact: id },
      ]),
    })),
    {
      name: 'lead_summary',
      taken: [],
      refused: badIds.flatMap((id) => [
        { ...lead, p_workspace: id },
        { ...lead, p_contact: id },
      ]),
    },
    {
      name: 'call_session',
      taken: [],
      refused: badIds.flatMap((id) => [
        { p_workspace: id, p_call: 'p1' },
        { p_workspace: 'w1', p_call: id },
      ]),
    },
  ]
}
