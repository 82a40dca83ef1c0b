import { expect, test } from 'vitest'
import { wireErrorOf } from '../../../origin/failures.ts'
import { errorBody, wireErrors } from '../../../shared/contract/errors.ts'

test('a loader that finds a parameter invalid answers a 400 that names it and says why', () => {
  const faults = [{ parameter: 'phone', message: 'must be a number of GB, or begin with + and the country' }]
  const error = wireErrorOf({ kind: 'invalid_parameter', faults })
  expect(wireErrors[error.code].status).toBe(400)
  expect(errorBody(error, 'request-1')).toMatchObject({ code: 'invalid_parameter', details: faults })
})
