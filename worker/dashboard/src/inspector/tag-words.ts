import { type FamilyName, families } from '../../../../shared/tags/families.ts'
import { type SlotName, slots } from '../../../../shared/tags/places.ts'

/**
 * Words for one thing of a family, and for the family as a whole. A tag does not tell which contact it is about, and a list depends on many:
 * so one of them is "a contact", and not "this contact".
 */
interface Words {
  readonly one: string
  readonly all: string
}

const familyWords: Readonly<Record<FamilyName, Words>> = {
  workspace: { one: 'the workspace', all: 'the whole workspace' },
  settings: { one: 'the cache settings', all: 'the cache settings' },
  counts: { one: 'the contact counts', all: 'the contact counts' },
  contact: { one: 'a contact', all: 'all contacts' },
  conversation: { one: 'a conversation', all: 'all conversations' },
  email: { one: 'an e-mail address', all: 'all e-mail addresses' },
  phone: { one: 'a phone number', all: 'all phone numbers' },
  thread: { one: 'a thread', all: 'all threads' },
  company: { one: 'a company', all: 'all companies' },
  domain: { one: 'a domain', all: 'all domains' },
  communication: { one: 'a communication', all: 'all communications' },
  user: { one: 'a user', all: 'all users' },
  campaign: { one: 'a campaign', all: 'all campaigns' },
  segment: { one: 'a segment', all: 'all segments' },
  mailbox: { one: 'a mailbox', all: 'all mailboxes' },
  place: { one: 'a board or column', all: 'all boards and columns' },
  members: { one: "a user's membership", all: 'all memberships' },
  call: { one: 'a call', all: 'all calls' },
  config: { one: "the workspace's configuration", all: "the workspace's configuration" },
  sources: { one: 'the webhook sources', all: 'the webhook sources' },
  analytics: { one: 'the daily snapshots', all: 'the daily snapshots' },
}

const slotWords: Readonly<Record<SlotName, string>> = {
  open: 'open contacts',
  closed: 'closed contacts',
  unassigned: 'unassigned contacts',
  high_priority: 'contacts of high priority',
  medium_priority: 'contacts of medium priority',
  low_priority: 'contacts of low priority',
  needs_response: 'contacts that need a response',
  follow_up: 'contacts to follow up',
  favorites: 'favorites',
  archived: 'archived contacts',
  unhappy_customers: 'unhappy customers',
  all: 'any contact',
  time: 'filters by time',
  search: 'searches',
  board: 'the board itself',
  reported: "one user's contacts",
}

/**
 * Says in words what a tag of an explanation stands for. `place#13.2` is slot 2 (unassigned contacts) of the board or column whose digest falls
 * into bucket 13. A tag without a bucket is all of its family, which moves when a change concerns too many buckets to name them.
 */
export function meaningOf(tag: string): string {
  const [, name = '', bucket, slot] = /^([a-z]+)(?:#(\d+)(?:\.(\d+))?)?$/.exec(tag) ?? []
  const family = families.find((each) => each.name === name)
  if (family === undefined) return 'a tag that this page does not know'
  const words = familyWords[family.name]
  if (bucket === undefined) return words.all
  const slotName = slot === undefined ? undefined : slots[Number(slot)]
  const what = slotName === undefined ? words.one : `${words.one}: ${slotWords[slotName]}`
  return `${what} (bucket ${bucket} of ${family.buckets})`
}
