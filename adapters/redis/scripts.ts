import { createHash } from "node:crypto";

/** A script with the name under which Redis keeps it. */
export interface Script {
  readonly text: string;
  readonly sha: string;
}

const script = (text: string): Script => ({ text, sha: createHash("sha1").update(text).digest("hex") });

/**
 * Takes costs from one budget (its key is the only one), as far as there is enough for each, by the clock of the server; `extra` is leased on
 * top of it if there is plenty: at most a quarter of what is left. Below zero: gives back.
 *
 *   ARGV: algorithm, count, window in ms, burst, extra, costs with commas
 *   gives: a digit for each cost (1 granted, 0 refused), what was leased, what is free, milliseconds until it is whole or its window ends
 */
export const take = script(`
local kind = ARGV[1]
local count = tonumber(ARGV[2])
local window = tonumber(ARGV[3])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + tonumber(time[2]) / 1000
local kept = redis.call('HMGET', KEYS[1], 'mark', 'taken', 'before')
local mark = tonumber(kept[1])
local taken = tonumber(kept[2]) or 0
local before = tonumber(kept[3]) or 0
local limit = count
local weighed = 0
local reset = 0
if kind == 'gcra' then
  limit = tonumber(ARGV[4])
  local passed = mark and math.max(0, now - mark) or 0
  taken = math.min(limit, math.max(0, taken - passed * count / window))
  mark = now
else
  local current = math.floor(now / window)
  if mark ~= current then
    before = mark == current - 1 and taken or 0
    taken = 0
    mark = current
  end
  reset = (current + 1) * window - now
  if kind == 'sliding' then weighed = before * reset / window end
end
local granted = {}
for cost in string.gmatch(ARGV[6], '[^,]+') do
  cost = tonumber(cost)
  local fits = cost <= 0 or (count > 0 and weighed + taken + cost <= limit + 1e-6)
  if fits then taken = math.max(0, taken + cost) end
  granted[#granted + 1] = fits and '1' or '0'
end
local extra = math.max(0, math.min(tonumber(ARGV[5]), math.floor((limit - weighed - taken) / 4)))
taken = taken + extra
if kind == 'gcra' then reset = count > 0 and taken * window / count or window end
local keep = kind == 'sliding' and reset + window or reset
redis.call('HSET', KEYS[1], 'mark', string.format('%.17g', mark), 'taken', string.format('%.17g', taken), 'before', string.format('%.17g', before))
redis.call('PEXPIRE', KEYS[1], math.max(1, math.ceil(keep)))
return { table.concat(granted), tostring(extra), string.format('%.17g', math.max(0, limit - weighed - taken)), string.format('%.17g', reset) }
`);

/**
 * Adds to a count, which is never below zero, and gives the sum.
 *
 *   ARGV: hits, milliseconds after which it may be forgotten
 */
export const count = script(`
local sum = redis.call('INCRBY', KEYS[1], ARGV[1])
if sum < 0 then
  sum = 0
  redis.call('SET', KEYS[1], '0')
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return sum
`);
