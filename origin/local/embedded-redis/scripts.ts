import './lua-settings.ts'
import { createHash } from 'node:crypto'
import fengari, { type LuaState } from 'fengari'
import { LRUCache } from 'lru-cache'
import { type Commands, reads } from './command.ts'
import { fieldAt, luaText, pushField, pushReply, replyAt, wordsOf } from './lua-values.ts'
import { type Bytes, CommandFault, done, RedisError, type Reply } from './reply.ts'
import { parseCount, Words } from './words.ts'

const { lua, lauxlib, lualib } = fengari

type Execute = (words: readonly Bytes[]) => Reply

/** A script that runs longer than this is ended. Redis itself would answer BUSY to everybody else. */
const instructionsMax = 20_000_000
const instructionsPerCheck = 100_000
const scriptsMax = 1_000

/**
 * Redis runs Lua 5.1, fengari is 5.3. This code mends the differences that a script notices: names that are gone, and whole numbers, which
 * 5.3 keeps as a type of their own and fengari lets wrap around at 32 bits.
 */
const prelude = `
  unpack, loadstring, table.getn = table.unpack, load, function(list) return #list end
  math.pow = function(base, exponent) return base ^ exponent end
  local toNumber, floor, ceil = tonumber, math.floor, math.ceil
  tonumber = function(...) local number = toNumber(...); return number and number + 0.0 end
  math.floor = function(value) return floor(value) + 0.0 end
  math.ceil = function(value) return ceil(value) + 0.0 end
  dofile, loadfile, print = nil, nil, nil
  setmetatable(_G, {
    __index = function(_, name)
      error("Script attempted to access nonexistent global variable '" .. tostring(name) .. "'", 2)
    end,
    __newindex = function() error('Attempt to modify a readonly table', 2) end,
  })
`

const sha1 = (text: Bytes) => createHash('sha1').update(text, 'latin1').digest('hex')
const noScript = () => new RedisError('NOSCRIPT No matching script. Please use EVAL.')

/** EVAL and its kin. `execute` runs the commands of a script. */
export function createScriptCommands(execute: Execute): Commands {
  const scripts = new LRUCache<string, Bytes>({ max: scriptsMax })

  function remember(script: Bytes): string {
    const digest = sha1(script)
    if (!scripts.has(digest)) {
      compile(openLua(), script)
      scripts.set(digest, script)
    }
    return digest
  }

  function run(script: Bytes, [countWord = '', ...words]: readonly Bytes[]): Reply {
    const count = parseCount(countWord)
    if (count < 0) throw new RedisError("ERR Number of keys can't be negative")
    if (count > words.length) throw new RedisError("ERR Number of keys can't be greater than number of args")
    remember(script)
    return runScript(execute, script, words.slice(0, count), words.slice(count))
  }

  const evaluate = reads(-3, (_keyspace, [script = '', ...rest]) => run(script, rest))
  const evaluateKnown = reads(-3, (_keyspace, [digest = '', ...rest]) => {
    const script = scripts.get(digest.toLowerCase())
    if (script === undefined) throw noScript()
    return run(script, rest)
  })
  return {
    EVAL: evaluate,
    EVAL_RO: evaluate,
    EVALSHA: evaluateKnown,
    EVALSHA_RO: evaluateKnown,
    'SCRIPT|LOAD': reads(3, (_keyspace, [script = '']) => remember(script)),
    'SCRIPT|EXISTS': reads(-3, (_keyspace, digests) =>
      digests.map((digest) => (scripts.has(digest.toLowerCase()) ? 1 : 0)),
    ),
    'SCRIPT|FLUSH': reads(-2, (_keyspace, list) => {
      const words = new Words(list)
      words.option('ASYNC', 'SYNC')
      if (words.left > 0) throw new RedisError('ERR SCRIPT FLUSH only support SYNC|ASYNC option')
      scripts.clear()
      return done
    }),
  }
}

const sentencesInScripts = {
  unknown: 'ERR Unknown Redis command called from script',
  arguments: 'ERR Wrong number of args calling Redis command from script',
} as const
const forbiddenInScripts = /^(?:EVAL|EVALSHA|EVAL_RO|EVALSHA_RO|SCRIPT)$/i

function openLua(): LuaState {
  const L = lauxlib.luaL_newstate()
  const libraries = {
    _G: lualib.luaopen_base,
    math: lualib.luaopen_math,
    string: lualib.luaopen_string,
    table: lualib.luaopen_table,
  }
  for (const [name, open] of Object.entries(libraries)) {
    lauxlib.luaL_requiref(L, luaText(name), open, 1)
    lua.lua_pop(L, 1)
  }
  return L
}

/** Leaves the script as a function on the stack. A first line with Redis' flags (`#!lua …`) is blanked. */
function compile(L: LuaState, script: Bytes, name = '@user_script'): void {
  const code = luaText(script.replace(/^#!lua[^\n]*/, ''))
  if (lauxlib.luaL_loadbuffer(L, code, code.length, luaText(name)) === lua.LUA_OK) return
  throw new RedisError(
    `ERR Error compiling script (new function): ${String(replyAt(L, -1)).replace(/<eof>$/, "'<eof>'")}`,
  )
}

function runScript(execute: Execute, script: Bytes, keys: readonly Bytes[], args: readonly Bytes[]): Reply {
  const L = openLua()
  let place = 'user_script'
  pushReply(L, keys)
  lua.lua_setglobal(L, luaText('KEYS'))
  pushReply(L, args)
  lua.lua_setglobal(L, luaText('ARGV'))
  openRedis(L, execute, (where) => {
    place = where
  })
  compile(L, prelude, '=prelude')
  lua.lua_pcall(L, 0, 0, 0)
  compile(L, script)
  limitInstructions(L)
  if (lua.lua_pcall(L, 0, 1, 0) === lua.LUA_OK) return replyAt(L, lua.lua_gettop(L))
  const failure = failureAt(L)
  const line = /^ERR (user_script:\d+):/.exec(failure)?.[1]
  throw new RedisError(`${failure} script: ${sha1(script)}, on @${line ?? place}.`)
}

/** The error that ended a script: a table from `redis.call`, or text from Lua, which begins with its place. */
function failureAt(L: LuaState): Bytes {
  const index = lua.lua_gettop(L)
  if (lua.lua_type(L, index) === lua.LUA_TTABLE) return fieldAt(L, index, 'err') ?? 'ERR unknown error'
  return `ERR ${String(replyAt(L, index))}`
}

function limitInstructions(L: LuaState): void {
  let left = instructionsMax
  lua.lua_sethook(
    L,
    () => {
      left -= instructionsPerCheck
      if (left <= 0) lauxlib.luaL_error(L, luaText('Script killed: it took too many instructions'))
    },
    lua.LUA_MASKCOUNT,
    instructionsPerCheck,
  )
}

/** The library `redis` of a script. */
function openRedis(L: LuaState, execute: Execute, onFailure: (where: string) => void): void {
  const pushFailure = (text: Bytes) => pushField(L, 'err', text)

  /** Pushes the reply; answers whether it is not an error. */
  function call(): boolean {
    const words = wordsOf(L)
    try {
      if (words === null)
        throw new RedisError('ERR Lua redis lib command arguments must be strings or integers')
      if (words.length === 0)
        throw new RedisError('ERR Please specify at least one argument for this redis lib call')
      if (forbiddenInScripts.test(words[0] ?? '')) {
        throw new RedisError('ERR This Redis command is not allowed from script')
      }
      pushReply(L, execute(words))
      return true
    } catch (error) {
      if (!(error instanceof RedisError)) throw error
      pushFailure(error instanceof CommandFault ? sentencesInScripts[error.kind] : error.message)
      return false
    }
  }

  const library: Readonly<Record<string, () => number>> = {
    call() {
      if (call()) return 1
      lauxlib.luaL_where(L, 1)
      onFailure(String(replyAt(L, lua.lua_gettop(L))).replace(/: $/, ''))
      lua.lua_pop(L, 1)
      return lua.lua_error(L)
    },
    pcall() {
      call()
      return 1
    },
    error_reply() {
      const text = wordsOf(L)?.[0] ?? ''
      pushFailure(text.replace(/^-/, ''))
      return 1
    },
    status_reply() {
      pushField(L, 'ok', wordsOf(L)?.[0] ?? '')
      return 1
    },
    sha1hex() {
      pushReply(L, sha1(wordsOf(L)?.[0] ?? ''))
      return 1
    },
    replicate_commands() {
      lua.lua_pushboolean(L, true)
      return 1
    },
    log: () => 0,
  }
  lua.lua_createtable(L, 0, 8)
  for (const [name, run] of Object.entries(library)) {
    lua.lua_pushcfunction(L, run)
    lua.lua_setfield(L, -2, luaText(name))
  }
  for (const [level, name] of ['LOG_DEBUG', 'LOG_VERBOSE', 'LOG_NOTICE', 'LOG_WARNING'].entries()) {
    lua.lua_pushnumber(L, level)
    lua.lua_setfield(L, -2, luaText(name))
  }
  lua.lua_setglobal(L, luaText('redis'))
}
