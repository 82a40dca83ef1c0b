import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { resources } from '../../../shared/resources/index.ts'
import { declaredResources } from '../../../worker/dashboard/src/resources/declared.ts'
import { pathOf, titleOf } from '../../../worker/dashboard/src/resources/resource-question.ts'

const textsSchema = z.record(z.string(), z.string())

/** The path's own parameters and the query's, as the Worker reads them from a URL. */
function askedBy(route: string, path: string) {
  const url = new URL(path, 'https://boardcache.test')
  const names = [...route.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '')
  const pattern = new RegExp(`^${route.replaceAll(/\{\w+\}/g, '([^/]*)')}$`)
  const values = pattern.exec(url.pathname)?.slice(1) ?? []
  return {
    path: Object.fromEntries(names.map((name, index) => [name, decodeURIComponent(values[index] ?? '')])),
    query: Object.fromEntries(url.searchParams),
  }
}

describe('the page', () => {
  it('offers every declared resource with every parameter that its declaration has, and knows who may ask', () => {
    expect(declaredResources.map(({ name, route, isForMembers }) => ({ name, route, isForMembers }))).toEqual(
      resources.map(({ name, route, callers }) => ({
        ...{ name, route },
        isForMembers: callers.some((caller) => caller === 'member'),
      })),
    )
    for (const [index, { path, query }] of resources.entries()) {
      const names = declaredResources[index]?.parameters.map(({ name, place }) => `${place} ${name}`)
      expect(names).toEqual([
        ...Object.keys(path.shape).map((name) => `path ${name}`),
        ...Object.keys(query.shape).map((name) => `query ${name}`),
      ])
    }
  })

  it('asks for what a parameter needs, and offers the values that it takes', () => {
    const [list] = declaredResources
    const parameter = (name: string) => list?.parameters.find((each) => each.name === name)
    expect(parameter('boardId')).toMatchObject({ place: 'path', isRequired: true, options: null })
    expect(parameter('sort_order')).toMatchObject({
      options: ['desc', 'asc'],
      preset: 'desc',
      isRequired: false,
    })
    expect(parameter('search')).toMatchObject({ isRequired: false, preset: null, charactersMax: 200 })
    expect(parameter('page')).toMatchObject({ isNumber: true })
  })

  it.each(declaredResources)(
    'makes of the form of $name a question that its declaration takes',
    (declared) => {
      const resource = resources.find(({ name }) => name === declared.name)
      const path = textsSchema.parse(resource?.example.path)
      const query = textsSchema.parse(resource?.example.query)
      const values = fc.record(
        Object.fromEntries(
          declared.parameters
            .filter(({ options }) => options !== null)
            .map(({ name, options }) => [name, fc.constantFrom('', ...(options ?? []))]),
        ),
      )
      fc.assert(
        fc.property(values, (chosen) => {
          const typed = { ...path, ...query, ...chosen }
          const asked = askedBy(declared.route, pathOf(declared, typed))
          expect(resource?.parse(asked.path, asked.query)).toMatchObject({ ok: true })
        }),
      )
    },
  )
})

describe('the path of a question', () => {
  const declared = {
    route: '/api/things/{thingId}/parts',
    parameters: [
      { name: 'thingId', place: 'path' },
      { name: 'filter', place: 'query', preset: 'all' },
      { name: 'search', place: 'query', preset: null },
    ].map((each) => ({
      ...{
        isRequired: false,
        options: null,
        preset: null,
        example: null,
        isNumber: false,
        charactersMax: null,
      },
      ...each,
      place: each.place === 'path' ? ('path' as const) : ('query' as const),
    })),
  }

  it('leaves out what is empty and what is meant anyway', () => {
    expect(pathOf(declared, { thingId: 't', filter: 'all', search: ' ' })).toBe('/api/things/t/parts')
    expect(pathOf(declared, { thingId: 't', filter: 'open' })).toBe('/api/things/t/parts?filter=open')
  })

  it('keeps whatever is typed in its own parameter', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (text) => {
        const typed = text.replaceAll(/\p{Cc}+/gu, ' ').trim()
        fc.pre(typed !== '' && typed !== '.' && typed !== '..')
        const asked = askedBy(declared.route, pathOf(declared, { thingId: text, search: text, other: text }))
        expect(asked).toEqual({ path: { thingId: typed }, query: { search: typed } })
      }),
    )
  })
})

it.each([
  ['boardId', 'Board'],
  ['column_id', 'Column'],
  ['contact-list', 'Contact list'],
  ['per_page', 'Per page'],
  ['contactLists', 'Contact lists'],
  ['id', 'Id'],
])('the name %s reads as %s', (name, title) => {
  expect(titleOf(name)).toBe(title)
})
