import { expect, it } from 'vitest'
import { isTimeZone, localTime } from '../../shared/local-time.ts'

it('the clocks of a zone show in workerd what they show in Node, with its changes', () => {
  const atMs = Date.UTC(2026, 2, 29, 1)
  expect(localTime(atMs - 1, 'Europe/Berlin')).toMatchObject({
    iso: '2026-03-29T01:59:00+01:00',
    weekday: 'sun',
  })
  expect(localTime(atMs, 'Europe/Berlin').iso).toBe('2026-03-29T03:00:00+02:00')
  expect(localTime(atMs, 'Asia/Kathmandu').iso).toBe('2026-03-29T06:45:00+05:45')
  expect(localTime(atMs, 'Mars/Olympus')).toEqual(localTime(atMs, 'UTC'))
  expect(isTimeZone('Mars/Olympus')).toBe(false)
})
