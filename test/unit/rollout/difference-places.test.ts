import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { limits } from '../../../shared/limits.ts'
import { contactCounts } from '../../../shared/resources/contacts/contact-counts.ts'
import { contactList } from '../../../shared/resources/contacts/contact-list.ts'
import { resources } from '../../../shared/resources/index.ts'
import { placesOfDifference } from '../../../worker/cache/difference-places.ts'

const places = (one: unknown, other: unknown, resource = contactList as (typeof resources)[number]) =>
  placesOfDifference(resource, JSON.stringify(one), JSON.stringify(other))

describe('a difference', () => {
  it('is told by the paths of declared members, each once, without positions', () => {
    const one = { contacts: [{ name: 'Ada' }, { name: 'Grace' }] }
    const other = { contacts: [{ name: 'Eve' }, { name: 'Mallory' }] }
    expect(places(one, other)).toEqual(['$.contacts[].name'])
    expect(places({ contacts: [1] }, { contacts: [1, 2] })).toEqual(['$.contacts.length'])
    expect(places(one, one)).toEqual([])
    expect(places({ contacts: null }, { contacts: [] })).toEqual(['$.contacts'])
  })

  it('hides the names of members that come from data', () => {
    expect(places({ contacts: { 'ada@example.com': 1 } }, { contacts: { 'ada@example.com': 2 } })).toEqual([
      '$.contacts.*',
    ])
  })

  it('of an answer that is no JSON is the whole answer', () => {
    expect(placesOfDifference(contactList, 'no json', '{"contacts":[]}')).toEqual(['$'])
  })

  it('never contains anything of the answers but declared names, and is bounded', () => {
    const secret = fc.stringMatching(/^secret[a-z0-9]{4,12}$/)
    const json = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'medium' },
        secret,
        fc.integer(),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(fc.oneof(secret, fc.constantFrom('contacts', 'name', 'id')), tie('value'), {
          maxKeys: 4,
        }),
      ),
    })).value
    fc.assert(
      fc.property(json, json, fc.constantFrom(...resources), (one, other, resource) => {
        const found = places(one, other, resource)
        expect(found.length).toBeLessThanOrEqual(limits.differencePlacesMax)
        for (const place of found) {
          expect(place).not.toContain('secret')
          expect(place.length).toBeLessThanOrEqual(limits.differencePlaceCharactersMax)
        }
      }),
    )
  })

  it('finds a difference in the example of every resource', () => {
    for (const resource of resources) {
      const { data } = resource.example
      for (const [name, value] of Object.entries(data)) {
        const changed = { ...data, [name]: value === null ? 1 : null }
        expect(places(data, changed, resource), `${resource.name} ${name}`).toEqual([`$.${name}`])
      }
    }
    expect(contactCounts.example.data).toBeDefined()
  })
})
