import { expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'

test('eventually gives the first answer that is neither an error nor false', async () => {
  const answers = [() => Promise.reject(new Error('not there yet')), () => false as const, () => 0, () => 1]
  expect(await eventually(() => answers.shift()?.() ?? false, { everyMs: 1 })).toBe(0)
})

test('eventually fails with the last error', async () => {
  const check = () => Promise.reject(new Error('the last one'))
  await expect(eventually(check, { deadlineMs: 5, everyMs: 1 })).rejects.toMatchObject({
    message: 'the condition did not hold within 5 ms',
    cause: { message: 'the last one' },
  })
})
