/**
 * The happenings that a run counts, so that a test can tell whether the seeds reach them: a fault that never happens proves nothing, and
 * neither does a proof that is never used.
 */
export const happenings = [
  'a transaction stays open for a minute',
  'a row waits for ten seconds',
  'rows are parked',
  'a row moves whole lists, because another one waits',
  'a row moves whole lists, because its database is not the marked one',
  'a look sees a row',
  'a look ends without a row',
  'another relay looks already',
  'a look is not answered',
  'a relay is killed',
  'a relay stalls',
  'two relays run',
  'the database is restored to another timeline',
  'the disk of the database is copied back',
  'a replica is promoted',
  'a row is named by an id of before the restore',
  'a restored database moves everything',
  'a write without triggers moves everything',
  'the marks restart',
  'a ledger is lost',
  'a ledger goes back',
  'a ledger takes another id for its marks',
  'a mark is taken',
  'a mark is taken with exceptions',
  'a mark is overtaken',
  'a mark is refused',
  'an answer is proved after its load',
  'an answer outlives its load by a proof',
  'the rollout is changed',
  'the keeper of the rollout restarts',
  'the database answers because of the rollout',
] as const
export type Happening = (typeof happenings)[number]

/** How often each of them happened. */
export type Happened = Readonly<Partial<Record<Happening, number>>>

export function sumOf(one: Happened, other: Happened): Happened {
  return Object.fromEntries(happenings.map((name) => [name, (one[name] ?? 0) + (other[name] ?? 0)]))
}
