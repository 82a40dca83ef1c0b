/** A word of the product, as its documents and this page use it. */
interface Word {
  /** Its name in the address. */
  readonly id: string
  readonly title: string
  readonly meaning: string
  /** Other words that explain it further, by their ids. */
  readonly see: readonly string[]
}

/** The product's own words, from the general to the particular. */
export const words: readonly Word[] = [
  {
    id: 'workspace',
    title: 'Workspace',
    meaning:
      'One customer of the CRM, with its own contacts, boards, users and settings. Nothing of a workspace is ever shown to users of another one.',
    see: ['operator'],
  },
  {
    id: 'resource',
    title: 'Resource',
    meaning:
      'A kind of thing that is cached: a page of a board, the counts, a contact. Each is declared in one file, which says what its answers depend on and how long they may be kept.',
    see: ['question', 'lifetime'],
  },
  {
    id: 'question',
    title: 'Question',
    meaning:
      'A resource with its parameters: the third page of the board Sales, open contacts only. Two readers with the same question get the same entry.',
    see: ['entry'],
  },
  {
    id: 'entry',
    title: 'Entry',
    meaning:
      'One cached answer: its bytes, the stamp that it was loaded under, and the tags that it depends on. Entries are never deleted by a change. They are judged whenever they are read.',
    see: ['stamp', 'tag', 'verdict'],
  },
  {
    id: 'tier',
    title: 'Tier',
    meaning:
      'A place that keeps entries. A read looks into memory first, then into the edge cache of the location, Workers KV and Redis, and goes to the database if none of them has an entry that still counts.',
    see: ['entry', 'origin'],
  },
  {
    id: 'origin',
    title: 'Origin',
    meaning:
      'The service in front of the database. It answers what no tier can answer, and tells the ledgers about every write.',
    see: ['tier', 'outbox'],
  },
  {
    id: 'tag',
    title: 'Tag',
    meaning:
      'What an answer depends on, as a short name: counts, or contact#517. The number is a bucket of a digest, so no name, address or number can be read from a tag. A write moves tags, and thereby outdates every entry that has one of them.',
    see: ['family', 'invalidation'],
  },
  {
    id: 'family',
    title: 'Family',
    meaning:
      'A kind of tag: contacts, boards and columns (called places), users, conversations. A change that concerns too much to name it moves the whole family.',
    see: ['tag'],
  },
  {
    id: 'ledger',
    title: 'Ledger',
    meaning:
      'The book of a workspace that remembers, for each tag, the version that last moved it. There is one ledger a workspace, and every reader anywhere judges its entries by it.',
    see: ['version', 'tag'],
  },
  {
    id: 'version',
    title: 'Version',
    meaning:
      'The number of a change in a workspace. Every invalidation takes the next one. A client that names a version never gets anything older. Versions are long, so this page shows them as a distance: +5 is the fifth after the one before.',
    see: ['ledger', 'invalidation'],
  },
  {
    id: 'invalidation',
    title: 'Invalidation',
    meaning:
      'The report of a change. It moves the tags of everything that the change affects, and is answered once that is durable. One second later, no reader anywhere gets older data.',
    see: ['tag', 'version', 'outbox'],
  },
  {
    id: 'outbox',
    title: 'Outbox',
    meaning:
      'A table of the database in which every write records the tags that it moves, in its own transaction. A relay delivers the rows to the ledgers. So no write goes unnoticed, whoever made it.',
    see: ['invalidation'],
  },
  {
    id: 'stamp',
    title: 'Stamp',
    meaning:
      'The version of the ledger under which an entry was loaded. An entry is outdated once one of its tags has moved past its stamp.',
    see: ['version', 'verdict'],
  },
  {
    id: 'verdict',
    title: 'Verdict',
    meaning:
      'What a reader finds about an entry: fresh, expired (its lifetime is over), outdated (one of its tags has moved), or unusable.',
    see: ['stamp', 'lifetime'],
  },
  {
    id: 'lifetime',
    title: 'Lifetime',
    meaning:
      'How long an entry may answer, in seconds. A workspace can set it for each resource. It counts from the last proof, so an entry in which nothing changed does not have to be loaded again.',
    see: ['proof'],
  },
  {
    id: 'mark',
    title: 'Mark',
    meaning:
      'An instant up to which everything that was written to the database has been told to the ledger. Marks are what proofs are made of.',
    see: ['proof'],
  },
  {
    id: 'proof',
    title: 'Proof',
    meaning:
      'Evidence that an answer is current as of a known instant: its tags have not moved, and a mark says that everything up to that instant is known. Without a proof an answer still has its lifetime.',
    see: ['mark', 'lifetime'],
  },
  {
    id: 'hub',
    title: 'Hub',
    meaning:
      'The object that keeps the connections of open browsers of a workspace. The ledger tells it about changes, and it sends each browser the difference to what it shows.',
    see: ['ledger'],
  },
  {
    id: 'breaker',
    title: 'Breaker',
    meaning:
      'A switch in front of a part that fails. After some failures in a row it is open: the part is left alone for a while, and answers come from elsewhere.',
    see: ['tier'],
  },
  {
    id: 'generation',
    title: 'Generation',
    meaning:
      'A random value in each Redis database that every key there belongs to. Clearing the database replaces it, so that everything before counts no longer, at once.',
    see: [],
  },
  {
    id: 'operator',
    title: 'Operator',
    meaning:
      'An admin of the workspace that runs this deployment. Operators see the figures and alerts of the whole deployment, and no contacts of workspaces that they are not in.',
    see: ['workspace'],
  },
]
