import { createHash } from 'node:crypto'
import type { Principal } from '../../../shared/auth/verify.ts'
import type { ClientFrame, HubFrame } from '../../../shared/contract/live.ts'
import type { UserId, WorkspaceId } from '../../../shared/ids.ts'
import { userIdSchema, workspaceIdSchema } from '../../../shared/ids.ts'
import { limits } from '../../../shared/limits.ts'
import type { Question } from '../../../shared/resources/question.ts'
import type { Result } from '../../../shared/result.ts'
import { err, ok } from '../../../shared/result.ts'
import type { Move } from '../../../shared/tags/moves.ts'
import { shownMoves } from '../../../shared/tags/moves.ts'
import type { CacheEvent } from '../../../worker/events.ts'
import type { Book } from '../../../worker/ledger/book.ts'
import { ChangeTimes } from '../../../worker/ledger/change-times.ts'
import type { Told } from '../../../worker/ledger/hub-messages.ts'
import { HubTeller } from '../../../worker/ledger/hub-teller.ts'
import type { LedgerChanges } from '../../../worker/ledger/ledger-messages.ts'
import { createBodyStore } from '../../../worker/live/body-store.ts'
import { Hub } from '../../../worker/live/hub.ts'
import type { Admission, HubSocket, Joining } from '../../../worker/live/hub-parts.ts'
import { createBook, createSqlStorage } from '../../support/book-storage.ts'
import type { FakeClock } from '../../support/fake-clock.ts'
import { createFakeClock, settle } from '../../support/fake-clock.ts'

/** The name of a body. The Worker's takes a thread, for which no test should wait. */
export const etagOf = async (body: Uint8Array) =>
  createHash('sha256').update(body).digest('base64').slice(0, 16)

export const ann = userIdSchema.parse('ann')
export const bob = userIdSchema.parse('bob')
export const page = '/api/boards/b1/contacts'

/** A browser's end of a connection. */
export interface FakeClient extends HubSocket {
  readonly frames: HubFrame[]
  /** The code with which the hub closed it; null while it is open. */
  closedWith(): number | null
  /** Whether neither end has closed it. */
  isOpen(): boolean
}

/** A workspace with one board, its real ledger with the teller, and a real hub. Faults are switched on in `faults`. */
export class HubWorld {
  readonly clock: FakeClock
  readonly workspaceId: WorkspaceId
  readonly events: CacheEvent[] = []
  readonly loads: string[] = []
  readonly faults = { isOriginAway: false, isLedgerAway: false, loseTells: 0, tellTwice: false }
  /** Held loads end when this is settled. */
  hold: Promise<void> = Promise.resolve()
  alarmAtMs = Number.POSITIVE_INFINITY
  told: Told[] = []
  book: Book
  hub: Hub
  /** The contacts of the board, by id. Their names are what changes. */
  readonly contacts = new Map<string, string>([
    ['c1', 'Ada'],
    ['c2', 'Bea'],
  ])
  private readonly hubStorage = createSqlStorage()
  /** The times that the ledger remembers. A test notes them. */
  readonly times = new ChangeTimes()
  private readonly clients = new Set<FakeClient>()
  private teller: HubTeller

  constructor(workspace = '15213', clock = createFakeClock()) {
    this.clock = clock
    this.workspaceId = workspaceIdSchema.parse(workspace)
    this.book = createBook(undefined, undefined, { ledgerId: `ledger of ${workspace}`, version: 1_000 })
    this.teller = this.createTeller()
    this.hub = this.createHub()
  }

  /** Writes to the database and, as the relay does, to the ledger. */
  write(contactId: string, name: string | null): void {
    if (name === null) this.contacts.delete(contactId)
    else this.contacts.set(contactId, name)
    this.advance(shownMoves(contactId))
  }

  advance(moves: readonly Move[]): number {
    const { version } = this.book.advance([{ moves }])
    this.teller.advanced()
    return version
  }

  joining(userId: UserId = ann, changes: Partial<Joining> = {}): Joining {
    const { ledgerId, version } = this.book.headNow()
    const tokenExpiresAtMs = this.clock.now() + 3_600_000
    return { userId, tokenExpiresAtMs, memberAt: { ledgerId, version }, ...changes }
  }

  async connect(joining: Joining = this.joining()): Promise<FakeClient> {
    const admission = await this.admit(joining)
    if (admission.kind !== 'admitted') throw new Error(`the hub said ${admission.kind}`)
    const client = this.createClient()
    this.hub.connected(client, joining)
    return client
  }

  admit(joining: Joining): Promise<Admission> {
    return this.hub.admit(joining)
  }

  async send(client: FakeClient, frame: ClientFrame): Promise<void> {
    await this.hub.message(client, JSON.stringify(frame))
    await this.settled()
  }

  /** Shows the board's page, holding an entry or none. */
  async show(
    client: FakeClient,
    etag: string | null,
    version: number | null = null,
    question = page,
  ): Promise<void> {
    await this.send(client, { type: 'show', id: 1, question, etag, version } as ClientFrame)
  }

  leave(client: FakeClient): void {
    this.clients.delete(client)
    this.hub.closed(client)
  }

  /** The platform drops the hub from memory. Its connections and its storage stay. */
  hibernate(): void {
    this.hub = this.createHub()
  }

  /** The ledger's object restarts. Its storage stays. */
  restartLedger(): void {
    this.teller = this.createTeller()
  }

  /** The ledger's storage is lost, and it begins again. */
  loseLedger(ledgerId: string): void {
    const version = this.book.headNow().version + 1_000
    this.book = createBook(undefined, undefined, { ledgerId, version })
    this.teller = new HubTeller({ ...this.tellerParts(), storage: createSqlStorage() })
  }

  /** Lets time pass, and fires the alarm when it is due. */
  async pass(durationMs: number): Promise<void> {
    const endMs = this.clock.now() + durationMs
    while (this.alarmAtMs <= endMs) {
      await this.clock.advance(Math.max(0, this.alarmAtMs - this.clock.now()))
      this.alarmAtMs = Number.POSITIVE_INFINITY
      const alarm = this.hub.alarm()
      await settle()
      await alarm
    }
    await this.clock.advance(endMs - this.clock.now())
  }

  async settled(): Promise<void> {
    await this.clock.advance(0)
  }

  /** The body of the board's page now, and its name. */
  async entry(): Promise<{ body: Uint8Array; etag: string }> {
    const body = this.body()
    return { body, etag: await etagOf(body) }
  }

  body(): Uint8Array {
    const contacts = [...this.contacts].map(([id, name]) => ({ id, name, workspace_id: this.workspaceId }))
    const pagination = { page: 1, total: contacts.length, next_cursor: null }
    return new TextEncoder().encode(JSON.stringify({ contacts, pagination }))
  }

  private createHub(): Hub {
    const { clock, workspaceId } = this
    return new Hub({
      ...{ clock, workspaceId, etagOf, random: () => 0.5 },
      watch: async (ledgerId, version) => this.watch(ledgerId, version),
      load: (question) => this.load(question),
      verify: (token): Result<Principal, { code: 'token_invalid' }> => {
        const [name = '', expiresAtMs = ''] = token.split(' ')
        const userId = userIdSchema.safeParse(name)
        if (!userId.success) return err({ code: 'token_invalid' })
        return ok({ userId: userId.data, token, workspaces: null, expiresAtMs: Number(expiresAtMs) })
      },
      bodies: createBodyStore(this.hubStorage, limits.liveBodiesBytesMax),
      setAlarm: (atMs) => {
        this.alarmAtMs = atMs
      },
      keepAlive: () => undefined,
      recorder: { record: (event) => void this.events.push(event) },
      sockets: [...this.clients],
    })
  }

  private watch(ledgerId: string | null, version: number): LedgerChanges | null {
    return this.faults.isLedgerAway ? null : this.teller.watch('hub', ledgerId, version)
  }

  private async load(question: Question): Promise<Result<Uint8Array | null, { code: 'origin_unavailable' }>> {
    this.loads.push(question.resource.name)
    const body = this.body()
    await this.hold
    if (this.faults.isOriginAway) return err({ code: 'origin_unavailable' })
    return question.resource.name === 'contact-list' ? ok(body) : ok(this.bodyOf(question))
  }

  /** Other answers than the board's page. A test may replace this. */
  bodyOf: (question: Question) => Uint8Array | null = () => null

  private tellerParts() {
    return {
      storage: this.ledgerStorage,
      clock: this.clock,
      random: () => 0.5,
      head: () => this.book.headNow(),
      since: (ledgerId: string | null, version: number) => this.book.since(ledgerId, version),
      timesAfter: (version: number) => this.times.after(version),
      tell: async (_hubName: string, told: Told) => {
        this.told.push(told)
        if (this.faults.loseTells > 0) {
          this.faults.loseTells -= 1
          throw new Error('lost')
        }
        if (this.faults.tellTwice) this.hub.tell(told)
        return this.hub.tell(told)
      },
      keepAlive: () => undefined,
    }
  }

  private readonly ledgerStorage = createSqlStorage()

  private createTeller(): HubTeller {
    return new HubTeller(this.tellerParts())
  }

  private createClient(): FakeClient {
    const frames: HubFrame[] = []
    let attached: string | null = null
    let closedWith: number | null = null
    const client: FakeClient = {
      frames,
      closedWith: () => closedWith,
      isOpen: () => this.clients.has(client),
      send: (text) => void frames.push(JSON.parse(text)),
      attach(text) {
        if (text.length > limits.liveAttachmentBytesMax) throw new Error('too much is attached')
        attached = text
      },
      attached: () => attached,
      close: (code) => {
        closedWith = code
        this.clients.delete(client)
      },
    }
    this.clients.add(client)
    return client
  }
}

export const typesOf = (client: FakeClient) => client.frames.map(({ type }) => type)
export const lastOf = (client: FakeClient) => client.frames.at(-1)
export const framesOf = <Type extends HubFrame['type']>({ frames }: FakeClient, type: Type) =>
  frames.filter((frame): frame is Extract<HubFrame, { type: Type }> => frame.type === type)

/** A client that shows the board's page and knows that what it holds is current. */
export async function shown(world: HubWorld, userId = ann): Promise<FakeClient> {
  const client = await world.connect(world.joining(userId))
  await world.show(client, (await world.entry()).etag)
  if (lastOf(client)?.type !== 'shown') throw new Error('the client was not confirmed')
  client.frames.length = 0
  return client
}
