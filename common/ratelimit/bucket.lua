-- One key's Bucket: when its whole burst is available again, in µs. ARGV: the burst and the interval, in µs, and
-- "take" or "giveBack". Returns the wait, in µs.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local burst, every = tonumber(ARGV[1]), tonumber(ARGV[2])
local full = tonumber(redis.call('GET', KEYS[1]) or 0)

local function store(at)
	if at <= now then
		redis.call('DEL', KEYS[1])
	else
		redis.call('SET', KEYS[1], string.format('%.0f', at), 'PX', string.format('%.0f', math.ceil((at - now) / 1000)))
	end
end

if ARGV[3] == 'giveBack' then
	store(full - every)
	return {0}
end
full = math.max(full, now) + every
if full - now > burst then
	return {math.ceil(full - now - burst)}
end
store(full)
return {0}
