import type { CanaryRows } from './canary-rows.ts'
import type { Ask, Deployment } from './deployment.ts'
import type { Given } from './given.ts'

/** A contact that the run made through the API, and the questions that show it. */
export interface ProbeContact {
  readonly id: string
  readonly path: string
  /** The page of a board on which it stands. */
  readonly page: string
}

/** The canary workspace while a run uses it. */
export interface Canary {
  /** The rows of the resources' cases; null without a database. */
  readonly rows: CanaryRows | null
  /** Null where the run has no board for it. */
  readonly contact: ProbeContact | null
}

/** The parts that a check works with. */
export interface Run {
  readonly given: Given
  readonly signal: AbortSignal
  readonly ask: Ask
  readonly deployment: Pick<Deployment, 'makeRoom'>
  /** Only checks that need the canary may use it; for the others it is null. */
  readonly canary: Canary
  /** Adds a finding, with which the check fails. Neither text may contain content of the workspace. */
  fail(expected: string, saw: string): void
  note(text: string): void
  /** Adds a distribution to the report. It judges nothing by itself; `bound` says in words what the check judged. */
  figure(name: string, valuesMs: readonly number[], bound: string | null): void
  progress(text: string): void
  /** Registers a step for the end of the run, which is made whatever happens. `what` names it in the report if it fails. */
  atTheEnd(what: string, restore: (ask: Ask) => Promise<void>): void
}

/** Something that a deployment is asked and told about, in one file of checks/ and one line of its list. */
export interface Check {
  readonly name: string
  /** The guarantee, in a few words. */
  readonly title: string
  readonly needsCanary: boolean
  /** Null, or why it cannot run with what is given. */
  skippedBecause(given: Given): string | null
  /** The most requests that it sends, which is kept. */
  requestsMax(given: Given): number
  /** Its writes in a few words; null if it only reads. */
  readonly writes: string | null
  run(run: Run): Promise<void>
}
