import { pause } from '../../shared/clock.ts'
import { limits } from '../../shared/limits.ts'
import type { Copy } from '../ledger/moved-tags.ts'
import type { HeldEntry } from './body-store.ts'
import type { HubParts } from './hub-parts.ts'
import type { LiveQuestion } from './live-question.ts'
import { Places } from './places.ts'
import type { Position } from './position.ts'

interface LoadsOptions<Client> {
  readonly parts: Pick<HubParts, 'clock' | 'random' | 'load' | 'etagOf' | 'keepAlive' | 'recorder'>
  readonly position: Pick<Position, 'copy'>
  /** Called after each new generation of a question. */
  onGeneration(question: LiveQuestion<Client>): void
}

/** The tries of one load before clients are told to ask for themselves. */
const triesMax = 3
const firstPauseMs = 200
/** One question is loaded ten times a second at most, however fast its tags move. */
const loadEveryMs = 100
/** After a load was given up, the next write that may concern the question waits so long before it is tried again. */
const givenUpMs = 2_000

/**
 * Loads the answers of questions that have moved: one load of a question at a time, for all clients. If tags move during a load, what it
 * brought is told at the version before it, and the next load follows.
 */
export class Loads<Client> {
  private readonly options: LoadsOptions<Client>
  private readonly places = new Places(limits.liveLoadsMax)

  constructor(options: LoadsOptions<Client>) {
    this.options = options
  }

  /** Loads a stale question until it is no longer stale, or nobody shows it. */
  refresh(question: LiveQuestion<Client>): void {
    if (question.isLoading || !question.isStale) return
    question.isLoading = true
    const { keepAlive } = this.options.parts
    keepAlive(
      this.run(question).finally(() => {
        question.isLoading = false
      }),
    )
  }

  private async run(question: LiveQuestion<Client>): Promise<void> {
    const { parts, position, onGeneration } = this.options
    const { clock, random } = parts
    let tries = 0
    while (question.isStale && question.clients.size > 0) {
      const startedAtMs = clock.now()
      if (startedAtMs < question.retryAtMs) {
        await pause(clock, question.retryAtMs - startedAtMs)
        continue
      }
      const before = position.copy
      if (before === null) return
      const entry = await this.places.use(() => this.load(question, before))
      const after = position.copy
      // The hub has lost its place or has another ledger, of which this answer says nothing.
      if (after === null || after.ledgerId !== before.ledgerId) return
      if (entry === null && tries + 1 < triesMax) {
        tries += 1
        await pause(clock, firstPauseMs * 2 ** (tries - 1) * (0.5 + random()))
        continue
      }
      tries = 0
      if (entry === null) {
        question.giveUp(after.version)
        question.retryAtMs = clock.now() + givenUpMs
      } else {
        question.settle(entry)
        if (question.hasMoved(after)) question.retryAtMs = startedAtMs + loadEveryMs
        else question.standsAt(after.version)
      }
      onGeneration(question)
    }
  }

  /** Loads once, with the stamp of before. Null if the origin does not answer. */
  private async load(
    { shown }: LiveQuestion<Client>,
    { ledgerId, version }: Copy,
  ): Promise<HeldEntry | null> {
    const { clock, load, etagOf, recorder } = this.options.parts
    const { question, owner } = shown
    const loadedAtMs = clock.now()
    const loaded = await load(question, owner, `${ledgerId}:${version}`)
    const bytes = loaded.ok ? loaded.value : null
    const isReadable = bytes === null || question.resource.isReadable(bytes)
    // A body of another version of the declaration is not held, or clients would be told of it long after the origin was replaced.
    const isSound = loaded.ok && loaded.isOfOtherVersion !== true && isReadable
    recorder.record({ kind: 'live-load', outcome: isSound ? 'done' : 'failed' })
    if (!isSound) return null
    const tags = bytes === null ? [] : question.embeddedTags(bytes)
    return {
      etag: await etagOf(bytes === null ? new Uint8Array() : question.resource.namedPart(bytes)),
      found: bytes !== null,
      body: bytes !== null && bytes.length <= limits.liveBodyBytesMax ? bytes : null,
      ...{ ledgerId, version, loadedAtMs },
      tags: [...new Set([...question.tagsFor(owner), ...tags])],
    }
  }
}
