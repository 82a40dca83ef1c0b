import type { Canary } from '../canaries.ts'

const hub = 'worker/live/hub.ts'
const delivery = 'worker/live/delivery.ts'
const position = 'worker/live/position.ts'
const belief = 'worker/client/belief.ts'
const link = 'worker/client/live/live-link.ts'
const teller = 'worker/ledger/hub-teller.ts'

/** Bugs of live boards that pass every test of a single part. */
export const liveCanaries: readonly Canary[] = [
  {
    bug: 'a hub forgets its sockets when it hibernates',
    breaks: /nothing missed/,
    replacements: [
      { file: hub, find: 'for (const socket of parts.sockets) this.restore(socket)', replace: '' },
    ],
  },
  {
    bug: 'a ledger leaves out the first version after the one that a hub has',
    breaks: /nothing missed|proof/,
    replacements: [
      {
        file: teller,
        find: 'changes: since(position.ledgerId, position.version) }',
        replace: 'changes: since(position.ledgerId, position.version + 1) }',
      },
    ],
  },
  {
    bug: 'a hub does not ask after a gap',
    breaks: /nothing missed|proof/,
    replacements: [
      {
        file: position,
        find: 'if (continues) this.take(changes)',
        replace: 'if (continues || since.ledgerId !== null) this.take(changes)',
      },
    ],
  },
  {
    bug: 'a hub confirms below the version of the client',
    breaks: /confirmed below/,
    replacements: [
      {
        file: hub,
        find: 'if (position.copy === null || position.copy.version < (version ?? 0))',
        replace: 'if (position.copy === null)',
      },
    ],
  },
  {
    bug: 'a difference starts from another entry than the one that the client holds',
    breaks: /never true/,
    replacements: [
      {
        file: 'worker/live/live-question.ts',
        find: 'this.older.find((older) => older.etag === etag)?.body ?? null',
        replace: 'this.older[0]?.body ?? null',
      },
    ],
  },
  {
    bug: 'a proof is sent before the frames that it covers',
    breaks: /proof/,
    replacements: [
      {
        file: delivery,
        find: 'if (![...connection.shows.values()].every((show) => isToldTo(show, proven.version))) return\n',
        replace: '',
      },
    ],
  },
  {
    bug: 'what a ledger tells counts as a proof',
    breaks: /proof/,
    replacements: [
      {
        file: position,
        find: 'if (continues) this.take(changes)',
        replace: `if (continues) {
      this.take(changes)
      this.lastProof = { version: changes.version, calledAtMs: this.options.clock.now(), provedAtMs: 0 }
    }`,
      },
    ],
  },
  {
    bug: 'a proof counts from the answer of the ledger, and not from the call',
    breaks: /proof/,
    replacements: [
      {
        file: position,
        find: 'this.lastProof = { version: changes.version, calledAtMs, provedAtMs }',
        replace: 'this.lastProof = { version: changes.version, calledAtMs: clock.now(), provedAtMs }',
      },
    ],
  },
  {
    bug: 'an answer that was loaded before a move counts as current after it',
    breaks: /nothing missed|proof/,
    replacements: [
      {
        file: 'worker/live/loads.ts',
        find: 'if (question.hasMoved(after)) question.retryAtMs',
        replace: 'if (Number.isNaN(startedAtMs)) question.retryAtMs',
      },
    ],
  },
  {
    bug: 'a hub takes tokens for an hour longer than they are valid',
    breaks: /cut off/,
    replacements: [
      {
        file: 'worker/live/connection.ts',
        find: 'this.tokenExpiresAtMs = joining.tokenExpiresAtMs',
        replace: 'this.tokenExpiresAtMs = joining.tokenExpiresAtMs + 3_600_000',
      },
    ],
  },
  {
    bug: 'somebody who is no member any more keeps a socket',
    breaks: /cut off/,
    replacements: [
      {
        file: hub,
        find: "if (!isStillMember(copy, connection)) this.close(connection, 'membershipMoved')",
        replace: 'if (copy.version < 0) this.giveUpAll()',
      },
    ],
  },
  {
    bug: 'a hub does not ask whether a membership has moved since the door found it',
    breaks: /cut off/,
    replacements: [
      {
        file: hub,
        find: 'return isStillMember(copy, { userId, memberAt })\n',
        replace: 'return isStillMember(copy, { userId, memberAt: { ...memberAt, version: copy.version } })\n',
      },
    ],
  },
  {
    bug: 'a ledger that was restarted has forgotten its hubs',
    breaks: /nothing missed|proof/,
    replacements: [
      { file: teller, find: "'select name from hubs'", replace: "'select name from hubs where false'" },
    ],
  },
  {
    bug: 'a slow reader is not brought up to date when it has caught up',
    breaks: /nothing missed|proof|converges/,
    replacements: [
      {
        file: hub,
        find: 'return this.rounds.add(connection)\n      case',
        replace: 'return undefined\n      case',
      },
    ],
  },
  {
    bug: 'a client applies a difference to another entry than the one that it starts from',
    breaks: /never true/,
    replacements: [
      {
        file: 'worker/client/live/take-frame.ts',
        find: "frame.type === 'changed' && held !== null && held.entry === frame.from",
        replace: "frame.type === 'changed' && held !== null",
      },
    ],
  },
  {
    bug: 'a client believes past the lifetime of the last proof',
    breaks: /nothing missed/,
    replacements: [
      {
        file: link,
        find: 'this.#known.asOfMs + liveLimits.liveProofLifetimeMs',
        replace: 'this.#known.asOfMs + 10 * liveLimits.liveProofLifetimeMs',
      },
    ],
  },
  {
    bug: 'a client believes after a new connection what an earlier one has told',
    breaks: /nothing missed|proof/,
    replacements: [{ file: belief, find: '    this.isTold = false\n', replace: '' }],
  },
  {
    bug: 'a client takes an answer over HTTP that is older than the last move',
    breaks: /nothing missed|proof/,
    replacements: [
      { file: belief, find: 'asked !== null && asked >= this.needed', replace: 'asked !== null' },
    ],
  },
  {
    bug: 'a client takes a proof although a frame before it was lost',
    breaks: /nothing missed|proof/,
    replacements: [{ file: link, find: 'if (isFrameLost || frame.ledger', replace: 'if (frame.ledger' }],
  },
]
