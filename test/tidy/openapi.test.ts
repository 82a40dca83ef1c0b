import { expect, test } from 'vitest'
import { lintOpenApi } from '../support/openapi-lint.ts'

const sound = {
  openapi: '3.1.0',
  info: {
    title: 'Boards',
    version: '1',
    license: { name: 'Proprietary', identifier: 'LicenseRef-Proprietary' },
  },
  servers: [{ url: '/' }],
  security: [{}],
  paths: {
    '/boards': {
      get: {
        operationId: 'boards',
        summary: 'Boards',
        description: 'All of them.',
        responses: { 200: { description: 'Boards' }, 400: { description: 'Bad input' } },
      },
    },
  },
}

test('the OpenAPI linter finds nothing in a correct document', async () => {
  expect(await lintOpenApi(sound)).toEqual([])
})

test('the OpenAPI linter finds a text that is no document, and parts that nothing uses', async () => {
  expect(await lintOpenApi({ ...sound, info: undefined })).toEqual([expect.stringMatching(/^error struct/)])
  const unused = { components: { schemas: { Board: { type: 'object' } } } }
  expect(await lintOpenApi({ ...sound, ...unused })).toEqual([
    expect.stringMatching(/^error no-unused-components/),
  ])
})

const operationWith = (change: object) => ({
  ...sound,
  paths: { '/boards': { get: { ...sound.paths['/boards'].get, ...change } } },
})

test('the OpenAPI linter finds an operation without a description', async () => {
  expect(await lintOpenApi(operationWith({ description: undefined }))).toEqual([
    expect.stringMatching(/^error operation-description/),
  ])
})

test('the OpenAPI linter finds an example that its schema refuses', async () => {
  const content = { 'application/json': { schema: { type: 'integer' }, example: 'three' } }
  const responses = { ...sound.paths['/boards'].get.responses, 200: { description: 'Boards', content } }
  expect(await lintOpenApi(operationWith({ responses }))).toEqual([
    expect.stringMatching(/^error no-invalid-media-type-examples/),
  ])
})
