// The programs that Redis runs: each turns one question or effect into its answer, in one indivisible step.
//
// The one that counts never writes before it has read all that it needs: where it fails, it has changed nothing. In each, the first
// key is that of the seed and the first argument its value: a Redis that has lost it has lost the counts too.

const LOST = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return {'lost'} end
`;

// Ends and clocks are numbers of milliseconds, amounts are millionths. Lua's numbers are exact up to MOST.
const COUNTS = `
local MOST = 9007199254740991
-- The clocks of two gateways may differ by so much: an ended count stays for the slower one.
local GRACE = 10000
local LONGEST = 34560000000
local function text(number) return string.format('%.0f', number) end
local function keep(key, time)
  local least = math.min(math.max(time + GRACE, 1), LONGEST)
  if redis.call('PTTL', key) < least then redis.call('PEXPIRE', key, text(least)) end
end
`;

/** Adds all charges or none. Arguments after the seed: the time, the number of charges, and the numbers of each. */
export const RESERVE = `${LOST}${COUNTS}
local at = 1
local function take()
  at = at + 1
  return assert(tonumber(ARGV[at]), 'an argument is no number')
end
local now, keys, charges, full, added = take(), 1, {}, nil, {}

local function read(charge)
  local all = redis.call('HGETALL', charge.key)
  for field = 1, #all, 2 do
    local ends = tonumber(all[field])
    local used = string.find(all[field + 1], '^%d+$') and tonumber(all[field + 1])
    if not ends or not used or used > MOST then return false end
    if ends > now then
      charge.used = charge.used + used
      table.insert(charge.entries, { ends = ends, used = used, field = all[field] })
    elseif ends + GRACE <= now then
      table.insert(charge.gone, all[field])
    end
  end
  table.sort(charge.entries, function(one, other) return one.ends < other.ends end)
  -- Two charges of a call may be of one count.
  charge.used = charge.used + (added[charge.key] or 0)
  added[charge.key] = (added[charge.key] or 0) + charge.cost
  return charge.used + charge.cost <= MOST
end

-- When so much of the count has ended.
local function ends(charge, excess)
  for _, entry in ipairs(charge.entries) do
    excess = excess - entry.used
    if excess <= 0 then return entry.ends end
  end
  return charge.ends
end

for index = 1, take() do
  local known, cost, last, extends = take() == 1, take(), take(), take() == 1
  local charge = { known = known, cost = cost, ends = last, extends = extends, used = 0, limits = {}, entries = {}, gone = {}, passed = {} }
  for limit = 1, take() do
    local max, enforced, position = take(), take() == 1, take()
    charge.limits[limit] = { max = max, enforced = enforced, position = position }
  end
  if charge.known then
    keys = keys + 1
    charge.key = KEYS[keys]
    if not read(charge) then return {'unavailable'} end
  end
  for number, limit in ipairs(charge.limits) do
    charge.enforced = charge.enforced or limit.enforced
    if not charge.known or charge.used + charge.cost > limit.max then
      local passed = { charge = index - 1, limit = number - 1, position = limit.position, max = limit.max, of = charge }
      if not limit.enforced then table.insert(charge.passed, passed)
      elseif not full or limit.position < full.position then full = passed end
    end
  end
  charges[index] = charge
end

if full then
  local charge = full.of
  local answer = {'full', text(full.charge), text(full.limit), text(charge.used), text(ends(charge, charge.used + charge.cost - full.max))}
  local shadowed = {}
  for _, charge in ipairs(charges) do
    for _, passed in ipairs(charge.passed) do
      if passed.position < full.position then table.insert(shadowed, passed) end
    end
  end
  table.sort(shadowed, function(one, other) return one.position < other.position end)
  for _, passed in ipairs(shadowed) do
    table.insert(answer, text(passed.charge))
    table.insert(answer, text(passed.limit))
  end
  return answer
end

local answer = {'reserved'}
for _, charge in ipairs(charges) do
  local shadowed = charge.passed[1]
  local adds = not shadowed or charge.enforced
  if adds and charge.cost > 0 then
    local field, last = text(charge.ends), charge.entries[#charge.entries]
    if charge.extends and last then
      -- One entry for all: it ends with the last addition.
      if last.ends > charge.ends then field, charge.ends = last.field, last.ends end
      for _, entry in ipairs(charge.entries) do
        if entry.field ~= field then
          redis.call('HDEL', charge.key, entry.field)
          redis.call('HINCRBY', charge.key, field, text(entry.used))
        end
      end
    end
    for _, gone in ipairs(charge.gone) do redis.call('HDEL', charge.key, gone) end
    redis.call('HINCRBY', charge.key, field, text(charge.cost))
    keep(charge.key, charge.ends - now)
    charge.used = charge.used + charge.cost
  end
  for _, value in ipairs({text(charge.used), text(charge.ends), shadowed and text(shadowed.limit) or '', adds and '1' or '0'}) do
    table.insert(answer, value)
  end
end
return answer
`;

const TAKE_OFF = `
local function take_off(key, ends, cost)
  local used = tonumber(redis.call('HGET', key, ends) or '0')
  if used < tonumber(cost) or tonumber(cost) <= 0 then return end
  if used == tonumber(cost) then redis.call('HDEL', key, ends) else redis.call('HINCRBY', key, ends, '-' .. cost) end
end
`;

/** Takes charges back. Arguments: the end and the amount of each, whose counts are the keys. */
export const TAKE_BACK = `${LOST}${TAKE_OFF}
for index = 2, #KEYS do take_off(KEYS[index], ARGV[2 * index - 2], ARGV[2 * index - 1]) end
return {'done'}
`;

/** Keeps charges of a task, whose key is the second; their counts follow. Arguments: the time, then as above. */
export const KEEP = `${LOST}${COUNTS}
local last = 0
for index = 3, #KEYS do
  local ends, cost = ARGV[2 * index - 3], ARGV[2 * index - 2]
  redis.call('RPUSH', KEYS[2], KEYS[index], ends, cost)
  last = math.max(last, tonumber(ends) - tonumber(ARGV[2]))
end
keep(KEYS[2], last)
return {'done'}
`;

/** Takes back the charges that were kept for tasks, once. The tasks are the keys. */
export const FINISH = `${LOST}${TAKE_OFF}
for index = 2, #KEYS do
  local kept = redis.call('LRANGE', KEYS[index], 0, -1)
  redis.call('DEL', KEYS[index])
  for place = 1, #kept, 3 do take_off(kept[place], kept[place + 1], kept[place + 2]) end
end
return {'done'}
`;

/** The values of keys. Arguments: the time that values with an owner are kept from now on, then the owner of each, or nothing. */
export const LOOKUP = `${LOST}
local answer = {'found'}
for index = 2, #KEYS do
  local owner = ARGV[index + 1]
  local value = redis.call('HGET', KEYS[index], owner)
  if value and owner ~= '' then redis.call('PEXPIRE', KEYS[index], ARGV[2]) end
  answer[index] = value and '+' .. value or redis.call('EXISTS', KEYS[index]) == 1 and 'other' or ''
end
return answer
`;

/** Writes values. Arguments: as above, then the owner, the value and whether it must be absent, of each. */
export const WRITE = `${LOST}
for index = 2, #KEYS do
  local owner, value, absent = ARGV[3 * index - 3], ARGV[3 * index - 2], ARGV[3 * index - 1]
  redis.call(absent == '1' and 'HSETNX' or 'HSET', KEYS[index], owner, value)
  if owner ~= '' then redis.call('PEXPIRE', KEYS[index], ARGV[2]) end
end
return {'done'}
`;

/** Opens an id that is not in use. Arguments: the time, the longest call, and whether the session was issued. */
export const OPEN = `${LOST}${COUNTS}
local now, call = tonumber(ARGV[2]), tonumber(ARGV[3])
local found = redis.call('HMGET', KEYS[2], 'open', 'unclear')
local open, unclear = tonumber(found[1] or '0'), tonumber(found[2] or '0')
if open > now then return {'inUse'} end
if ARGV[4] ~= '1' then return {'unclear'} end
local last = now + 2 * call
if unclear > now then
  last = math.max(unclear, last)
  redis.call('HSET', KEYS[2], 'unclear', text(last))
  keep(KEYS[2], last - now)
  return {'unclear'}
end
redis.call('HSET', KEYS[2], 'open', text(now + call), 'unclear', text(last))
keep(KEYS[2], last - now)
return {'open', text(now + call)}
`;

/** Ends an id. Arguments: the time, the longest call, the opening, and whether its answer came. */
export const END = `${LOST}${COUNTS}
local now, call = tonumber(ARGV[2]), tonumber(ARGV[3])
local found = redis.call('HMGET', KEYS[2], 'open', 'unclear')
local open, unclear = tonumber(found[1] or '0'), tonumber(found[2] or '0')
if open ~= tonumber(ARGV[4]) then return {'done'} end
local last = now + call
if open <= now then last = math.max(unclear, last)
elseif ARGV[5] == '1' then
  redis.call('DEL', KEYS[2])
  return {'done'}
end
redis.call('HSET', KEYS[2], 'open', '0', 'unclear', text(last))
keep(KEYS[2], last - now)
return {'done'}
`;
