import type { Canary } from '../canaries.ts'

const hub = 'worker/live/hub.ts'
const belief = 'worker/client/belief.ts'
const teller = 'worker/ledger/hub-teller.ts'

/** Bugs of live boards that pass every test of a single part. */
export const liveCanaries: readonly Canary[] = [
  {
    bug: 'a hub forgets its sockets when it hibernates',
    firstSeed: 5,
    breaks: /nothing missed/,
    replacements: [
      { file: hub, find: 'for (const socket of parts.sockets) this.restore(socket)', replace: '' },
    ],
  },
  {
    bug: 'a ledger leaves out the first version after the one that a hub has',
    firstSeed: 5,
    breaks: /nothing missed|proof/,
    replacements: [
      {
        file: teller,
        find: 'const changes = since(position.ledgerId, position.version)',
        replace: 'const changes = since(position.ledgerId, position.version + 1)',
      },
    ],
  },
  {
    bug: 'a hub confirms below the version of the client',
    breaks: /confirmed below/,
    replacements: [
      {
        file: hub,
        find: 'position.copy === null || position.copy.version < (version ?? 0)',
        replace: 'position.copy === null',
      },
    ],
  },
  {
    bug: 'a difference starts from another entry than the one that the client holds',
    firstSeed: 20,
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
    bug: 'a hub takes tokens for an hour longer than they are valid',
    firstSeed: 6,
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
    firstSeed: 2,
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
    bug: 'a client applies a difference to another entry than the one that it starts from',
    firstSeed: 22,
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
    bug: 'a client believes after a new connection what an earlier one has told',
    breaks: /nothing missed|proof/,
    replacements: [{ file: belief, find: '    this.isTold = false\n', replace: '' }],
  },
]
