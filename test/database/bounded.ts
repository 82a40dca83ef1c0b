import type { Arguments } from './hosted.ts'

export interface Bounded {
  readonly name: string
  readonly caller?: 'service_role'
  /** Arguments at their bounds, which are accepted. */
  readonly taken: readonly Arguments[]
  readonly refused: readonly Arguments[]
}

export const long = 'x'.repeat(129)
export const at = '2026-01-02T03:04:05.123456+00:00'
export const nested = (levels: number): Record<string, never> =>
  JSON.parse(`${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`)
export const ids = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

/** Workspaces, ids and objects that no function accepts. */
export const badIds = [null, '', long, 'é'.repeat(129), 'x'.repeat(1_000_000)]
export const badObjects = [null, [], 'text', 7, { name: 'x'.repeat(65_536) }]
export const badLists = [null, {}, 'text', 7]
