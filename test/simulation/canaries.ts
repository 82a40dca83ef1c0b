import type { Replacement } from '../support/planting.ts'

/** A bug, and the promise that it breaks. */
export interface Canary {
  readonly bug: string
  readonly breaks: RegExp
  readonly replacements: readonly Replacement[]
}

const load = 'worker/cache/load.ts'
const freshness = 'worker/cache/freshness.ts'
const view = 'worker/ledger/view.ts'
const tags = 'shared/resources/contacts/contact-list-tags.ts'

/** What a simulation that is worth its time must catch: bugs that pass every test of one part alone. */
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
    breaks: /bounded staleness|no-cache|read your writes|converges/,
    replacements: [
      {
        file: 'worker/ledger/moved-tags.ts',
        find: '(distances[tag] ?? 0) > version - birth',
        replace: '(distances[tag] ?? 0) > version - birth + 1',
      },
    ],
  },
  {
    bug: 'the ledger leaves out the first version after the one that was asked about',
    breaks: /bounded staleness|no-cache|read your writes|converges/,
    replacements: [
      {
        file: 'worker/ledger/book.ts',
        find: 'if ((distances[tag] ?? 0) > after) tags.push(tag)',
        replace: 'if ((distances[tag] ?? 0) > after + 1) tags.push(tag)',
      },
    ],
  },
  {
    bug: 'a back-fill takes what a tier had for current, whatever it was judged',
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
    bug: 'the workspace stands neither in the key nor in what is checked',
    breaks: /tenant isolation/,
    replacements: [
      {
        file: 'worker/entry/key.ts',
        find: 'encodeURIComponent(workspaceId)',
        replace: "'all'",
      },
      { file: freshness, find: 'entry.workspaceId !== by.workspaceId || ', replace: '' },
      { file: load, find: 'underWay.workspaceId === read.workspaceId &&', replace: '' },
    ],
  },
  {
    bug: "a view's age counts from the answer instead of the question",
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
    bug: 'a shared view is taken though it begins after what is known here',
    breaks: /bounded staleness|read your writes/,
    replacements: [{ file: view, find: 'shared.since <= before.version &&', replace: '' }],
  },
  {
    bug: 'a ledger gone back under its id',
    breaks: /bounded staleness|no-cache|read your writes|nothing lost/,
    replacements: [
      { file: 'worker/ledger/book.ts', find: '&& version > this.head.version)', replace: '&& version < 0)' },
    ],
  },
  {
    bug: 'a search in a column depends on its column alone',
    breaks: /bounded staleness|no-cache|read your writes|converges/,
    replacements: [
      { file: tags, find: "slotTag(boardId, null, 'search')", replace: "slotTag(boardId, columnId, 'all')" },
    ],
  },
  {
    bug: "a user's own page does not depend on what is assigned to the user",
    breaks: /bounded staleness|no-cache|read your writes|converges/,
    replacements: [{ file: tags, find: '? userTags(owner) : []', replace: '? [] : []' }],
  },
  {
    bug: "versions of a lost ledger are taken for the new one's",
    breaks: /bounded staleness|no-cache|read your writes/,
    // A new ledger's versions are above the old one's, which by itself tells old stamps: both must be gone.
    replacements: [
      { file: freshness, find: 'stamp.ledgerId !== view.ledgerId ||', replace: '' },
      {
        file: 'worker/ledger/moved-tags.ts',
        find: '(distances[tag] ?? 0) > version - birth',
        replace: '(distances[tag] ?? 0) > Math.max(0, version - birth)',
      },
    ],
  },
  {
    bug: 'a load under way is joined by who knows that it has been overtaken',
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
    bug: 'a question that was sent before the request answers for it',
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
    bug: 'an event under the id of another one is swallowed',
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
    bug: 'a batch with an event under the id of another one is answered, and not written down',
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
    bug: 'who waits for a load waits for ever',
    breaks: /never answered/,
    replacements: [
      {
        file: 'shared/single-flight.ts',
        find: 'const joined = await withinDeadline(',
        replace: 'const joined = await underWay.outcome.then(landed, failed)\n withinDeadline(',
      },
    ],
  },
]
