import type { Replacement } from '../support/planting.ts'

/** A bug, and the promise that it breaks. */
export interface Canary {
  readonly bug: string
  /** The seed to begin with, shortly before one that catches the bug. By default the first one. */
  readonly firstSeed?: number
  readonly breaks: RegExp
  readonly replacements: readonly Replacement[]
}

const load = 'worker/cache/load.ts'
const freshness = 'worker/cache/freshness.ts'
const view = 'worker/ledger/view.ts'
const tags = 'shared/resources/contacts/contact-list-tags.ts'
/** The model of the database's SQL, whose functions are tested in test/database. */
const cluster = 'test/simulation/cluster.ts'

/** Bugs that pass every test of a single part. The simulation is worth its time only if it catches them. */
export const canaries: readonly Canary[] = [
  {
    bug: 'the stamp is taken after the origin has answered',
    breaks: /poisoned|bounded staleness/,
    replacements: [
      {
        file: load,
        find: 'const fetched = await fetchEntry(options, read, stamp)',
        replace: `const early = await fetchEntry(options, read, stamp)
          const later = await views.current(read.workspaceId, { kind: 'bounded' }, read.keepAlive)
          const fetched = early.ok && later.ok
            ? ok({ ...early.value, stamp: { ledgerId: later.value.ledgerId, version: later.value.version } })
            : early`,
      },
    ],
  },
  {
    bug: 'a tag that moved by one version past the stamp counts as not moved',
    breaks: /bounded staleness|no-cache|read your writes|converges|membership/,
    replacements: [
      {
        file: 'worker/ledger/moved-tags.ts',
        find: 'const distance = version - birth',
        replace: 'const distance = version - birth + 1',
      },
    ],
  },
  {
    bug: 'the ledger leaves out the first version after the one in the call',
    breaks: /bounded staleness|no-cache|read your writes|converges|membership/,
    replacements: [
      {
        file: 'worker/ledger/book.ts',
        find: 'if ((distances[tag] ?? 0) > after) tags.push(tag)',
        replace: 'if ((distances[tag] ?? 0) > after + 1) tags.push(tag)',
      },
    ],
  },
  {
    bug: 'a back-fill stores a tier’s entry as current, whatever its verdict',
    breaks: /poisoned|bounded staleness/,
    replacements: [
      {
        file: 'worker/cache/read.ts',
        find: "  if (best.verdict === 'fresh') {",
        replace: `  if (proof.ok) {
            const { ledgerId, version } = proof.value
            const entry = { ...best.entry, stamp: { ledgerId, version } }
            read.keepAlive(options.store.promote(read.key, entry, depth + 1))
          }
          if (best.verdict === 'fresh') {`,
      },
    ],
  },
  {
    bug: 'neither the key nor the verdict depends on the workspace',
    breaks: /tenant isolation/,
    replacements: [
      {
        file: 'worker/entry/key.ts',
        find: 'encodeURIComponent(workspaceId)',
        replace: "'all'",
      },
      { file: freshness, find: "if (entry.workspaceId !== by.workspaceId) return 'unusable'", replace: '' },
      { file: load, find: 'underWay.workspaceId === read.workspaceId &&', replace: '' },
    ],
  },
  {
    bug: "a view's age counts from the answer instead of the call",
    firstSeed: 52,
    breaks: /bounded staleness/,
    replacements: [
      {
        file: view,
        find: 'state.view = advanceView(before, answer.value, calledAtMs, number)',
        replace: 'state.view = advanceView(before, answer.value, this.clock.now(), number)',
      },
    ],
  },
  {
    bug: 'a shared view is used although it begins after the version of the own view',
    firstSeed: 148,
    breaks: /bounded staleness|read your writes/,
    replacements: [{ file: view, find: 'shared.since <= before.version &&', replace: '' }],
  },
  {
    bug: 'a ledger that went back in time keeps its id',
    firstSeed: 12,
    breaks: /bounded staleness|no-cache|read your writes|nothing lost/,
    replacements: [
      { file: 'worker/ledger/book.ts', find: '&& version > this.head.version)', replace: '&& version < 0)' },
    ],
  },
  {
    bug: 'a search in a column depends on its column alone',
    firstSeed: 90,
    breaks: /bounded staleness|no-cache|read your writes|converges/,
    replacements: [
      { file: tags, find: "slotTag(boardId, null, 'search')", replace: "slotTag(boardId, columnId, 'all')" },
    ],
  },
  {
    bug: 'a page does not depend on the contacts that it shows',
    firstSeed: 10,
    breaks: /bounded staleness|no-cache|read your writes|converges/,
    replacements: [
      { file: tags, find: 'contacts.map(({ id }) => shownTag(id))', replace: 'contacts.flatMap(() => [])' },
    ],
  },
  {
    bug: 'a row that is told before an earlier one names its contacts alone',
    firstSeed: 50,
    breaks: /bounded staleness|no-cache|read your writes|converges|^proof: /,
    replacements: [
      {
        file: cluster,
        find: 'const isFirst = !others.has(workspaceId)',
        replace: 'const isFirst = true',
      },
    ],
  },
  {
    bug: "a user's own page does not depend on the assignments of the user",
    firstSeed: 52,
    breaks: /bounded staleness|no-cache|read your writes|converges/,
    replacements: [{ file: tags, find: '? userTags(owner) : []', replace: '? [] : []' }],
  },
  {
    bug: 'a membership does not depend on the tag of its user',
    breaks: /membership/,
    replacements: [
      {
        file: 'shared/tags/tags.ts',
        find: "...thingTags('members', userId)]",
        replace: "familyTag('members')]",
      },
    ],
  },
  {
    bug: 'a remembered role is used whatever moved',
    breaks: /membership/,
    replacements: [
      {
        file: 'worker/auth/membership.ts',
        find: 'if (isBelieved && !hasChangedSince(known.stamp, known.tags, view)) return',
        replace: 'if (isBelieved) return',
      },
    ],
  },
  {
    bug: 'the counts do not depend on the tag of the counts',
    firstSeed: 46,
    breaks: /bounded staleness|no-cache|read your writes|converges/,
    replacements: [
      {
        file: 'shared/resources/contacts/contact-counts.ts',
        find: 'tags: () => [workspaceTag, countsTag]',
        replace: 'tags: () => [workspaceTag]',
      },
    ],
  },
  {
    bug: 'versions of a lost ledger count as versions of the new one',
    breaks: /bounded staleness|no-cache|read your writes/,
    // A new ledger's versions are above the old one's, so old stamps are recognized by that alone. The bug needs both
    // checks gone.
    replacements: [
      { file: freshness, find: 'stamp.ledgerId !== view.ledgerId ||', replace: '' },
      {
        file: 'worker/ledger/moved-tags.ts',
        find: 'const distance = version - birth',
        replace: 'const distance = Math.max(0, version - birth)',
      },
    ],
  },
  {
    bug: 'a reader joins a load although it knows that the load was overtaken',
    breaks: /bounded staleness|no-cache|read your writes/,
    replacements: [
      {
        file: load,
        find: '(view === null || !hasMoved(underWay, view))',
        replace: 'true',
      },
    ],
  },
  {
    bug: 'a load that outlasts the bound answers without being judged again',
    breaks: /bounded staleness/,
    replacements: [
      {
        file: load,
        find: 'proof = await views.renewed(read.workspaceId, proof, read.keepAlive)\n',
        replace: '',
      },
    ],
  },
  {
    bug: 'a ledger call that was sent before the request proves its answer',
    breaks: /no-cache|read your writes/,
    replacements: [
      {
        file: view,
        find: 'if (state.view === null || state.view.flightNumber <= calledAfter) {',
        replace: 'if (state.view === null) {',
      },
      {
        file: view,
        find: 'return state.view !== null && state.view.flightNumber > calledAfter ? state.view : null',
        replace: 'return state.view',
      },
    ],
  },
  {
    bug: 'an event under the id of another one is dropped silently',
    breaks: /nothing lost/,
    replacements: [
      {
        file: 'worker/ledger/book.ts',
        find: 'const isSame = known.content === content',
        replace: 'const isSame = true',
      },
    ],
  },
  {
    bug: 'a batch with an event under the id of another one is answered and not stored',
    breaks: /nothing lost/,
    replacements: [
      {
        file: 'worker/ledger/book.ts',
        find: 'if (fresh.length > 0) this.write(',
        replace: `if (fresh.length > 0 && outcomes.every((outcome) => 'version' in outcome)) this.write(`,
      },
    ],
  },
  {
    bug: 'a reader that waits for a load waits for ever',
    firstSeed: 45,
    breaks: /never answered/,
    replacements: [
      {
        file: 'shared/single-flight.ts',
        find: 'const joined = await joinWork(',
        replace: 'const joined = await underWay.outcome.then(landed, failed)\n joinWork(',
      },
    ],
  },
]
