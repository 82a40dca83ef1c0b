import fc from 'fast-check'

/** Any text of UTF-16, well-formed or not. */
export const anyText = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.constantFrom(0, 0xd800, 0xdc00, 0xdfff)), {
    maxLength: 12,
  })
  .map((units) => String.fromCharCode(...units))

const sound = fc.string({ unit: 'grapheme', maxLength: 8 })

/** Text that no database can store: it contains a NUL or half of a surrogate pair. */
export const unstorableText = fc
  .tuple(sound, fc.constantFrom('\0', '\ud800', '\udbff', '\udc00', '\udfff', '\udc00\ud800'), sound)
  .map((parts) => parts.join(''))
