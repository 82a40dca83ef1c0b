/**
 * fengari reads its settings from the environment when it is loaded, so this module is imported before it. Lua 5.1, which Redis has,
 * writes 2.0 as `2`.
 */
process.env['FENGARICONF'] = JSON.stringify({ LUA_COMPAT_FLOATSTRING: true })
