-- One key's Delay: the count of its attempts and when another one is allowed, in µs. ARGV: the free attempts, the
-- first and the longest wait, in µs, and "take" or "giveBack" with what take returned. Returns the wait, in µs, and,
-- if taken, the next time and the one before it.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local free, first, longest = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local forget = 4 * longest
local stored = redis.call('HMGET', KEYS[1], 'count', 'next')
local count, next = tonumber(stored[1] or 0), tonumber(stored[2] or 0)

local function store()
	redis.call('HSET', KEYS[1], 'count', count, 'next', string.format('%.0f', next))
	redis.call('PEXPIRE', KEYS[1], string.format('%.0f', math.ceil((math.max(next, now) + forget - now) / 1000)))
end

if ARGV[4] == 'giveBack' then
	count = count - 1
	if next == tonumber(ARGV[5]) then
		next = tonumber(ARGV[6])
	end
	if count <= 0 then
		redis.call('DEL', KEYS[1])
	else
		store()
	end
	return {0}
end
if now < next then
	return {math.ceil(next - now)}
end
if now - next > forget then
	count, next = 0, 0
end
local before = next
count = count + 1
next = now
if count >= free then
	next = now + math.min(first * 2 ^ math.min(count - free, 20), longest)
end
store()
return {0, next, before}
