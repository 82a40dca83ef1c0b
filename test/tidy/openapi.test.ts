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
        responses: { 200: { description: 'Boards' }, 400: { description: 'Bad input' } },
      },
    },
  },
}

test('the OpenAPI linter finds nothing in a sound document', async () => {
  expect(await lintOpenApi(sound)).toEqual([])
})

test('the OpenAPI linter finds a document that is none, and what it would only warn of', async () => {
  expect(await lintOpenApi({ ...sound, info: undefined })).toEqual([expect.stringMatching(/^error struct/)])
  const unused = { components: { schemas: { Board: { type: 'object' } } } }
  expect(await lintOpenApi({ ...sound, ...unused })).toEqual([
    expect.stringMatching(/^warn no-unused-components/),
  ])
})
