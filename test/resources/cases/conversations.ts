import { contact, deleted, inserted, type Place, quoted, type ResourceCase, updated } from './case.ts'

/** A conversation with a contact. It has the contact's id. */
const conversation = (place: Place, id: string) =>
  inserted('conversations', place, { id, contact_id: id, channel: 'voice', started_at: place.now })

const message = (place: Place, contactId: string, id: string) =>
  inserted('messages', place, {
    ...{ id, conversation_id: contactId, contact_id: contactId, channel: 'voice', direction: 'inbound' },
    ...{ body: `Zqmessage ${id} ${place.mark}`, sent_at: place.now },
  })

const summary = (place: Place, contactId: string) =>
  inserted('conversation_summaries', place, {
    ...{ conversation_id: contactId, contact_id: contactId, as_of: place.now },
    text: `Zqsummary of ${place.mark}`,
  })

const talkedWith = (place: Place, id: string) => `
  ${contact(place, id)}
  ${conversation(place, id)}
  ${message(place, id, `${id}-1`)}`

const another = (id: string) => (place: Place) => message(place, id, `${id}-2`)
const withoutContact = (id: string) => (place: Place) => deleted('contacts', place, `id = '${id}'`)

export const leadHistory: ResourceCase = {
  content: (place) => talkedWith(place, 'history'),
  there: () => '/api/leads/history/history?limit=5',
  notThere: () => '/api/leads/history-later/history?limit=5',
  write: another('history'),
  deletion: (place) => deleted('messages', place, `contact_id = 'history'`),
  creation: (place) => talkedWith(place, 'history-later'),
}

export const leadSummary: ResourceCase = {
  content: (place) => `${talkedWith(place, 'summary')} ${summary(place, 'summary')}`,
  there: () => '/api/leads/summary/summary',
  notThere: () => '/api/leads/summary-later/summary',
  write: (place) =>
    updated(
      'conversation_summaries',
      place,
      `text = ${quoted(`Zqsummary again of ${place.mark}`)}`,
      `contact_id = 'summary'`,
    ),
  deletion: (place) => deleted('conversation_summaries', place, `contact_id = 'summary'`),
  creation: (place) => `${talkedWith(place, 'summary-later')} ${summary(place, 'summary-later')}`,
}

export const leadContext: ResourceCase = {
  content: (place) => talkedWith(place, 'context'),
  there: () => '/api/leads/context/context',
  notThere: () => '/api/leads/context-later/context',
  write: another('context'),
  deletion: withoutContact('context'),
  creation: (place) => talkedWith(place, 'context-later'),
}

export const leadGreeting: ResourceCase = {
  content: (place) => contact(place, 'greeting'),
  there: () => '/api/leads/greeting/greeting?channel=voice',
  notThere: () => '/api/leads/greeting-later/greeting?channel=voice',
  write: (place) =>
    updated('contacts', place, `name = ${quoted(`Zqname renamed ${place.mark}`)}`, `id = 'greeting'`),
  deletion: withoutContact('greeting'),
  creation: (place) => contact(place, 'greeting-later'),
}

/** Without a row the agent answers. */
export const leadControl: ResourceCase = {
  content: (place) => `
    ${contact(place, 'control')}
    ${inserted('lead_controls', place, { contact_id: 'control', answered_by: 'human', user_id: place.mark, since: place.now })}`,
  there: () => '/api/leads/control/control',
  notThere: () => '/api/leads/control-later/control',
  write: (place) => updated('lead_controls', place, `user_id = 'zquser'`, `contact_id = 'control'`),
  deletion: (place) => deleted('lead_controls', place, `contact_id = 'control'`),
  creation: (place) => contact(place, 'control-later'),
}

const call = (place: Place, id: string) =>
  inserted('call_sessions', place, {
    ...{ id, state: JSON.stringify({ zqstate: place.mark }), started_at: place.now, updated_at: place.now },
  })

export const callSession: ResourceCase = {
  content: (place) => call(place, 'call'),
  there: () => '/api/calls/call/session',
  notThere: () => '/api/calls/call-later/session',
  write: (place) => updated('call_sessions', place, `state = '{"zqstate": 2}'`, `id = 'call'`),
  deletion: (place) => deleted('call_sessions', place, `id = 'call'`),
  creation: (place) => call(place, 'call-later'),
}
