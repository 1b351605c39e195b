//! Counts in Redis, by one script that adds to all counters of a question or to none.
//!
//! It keeps no count itself, so that the service can be killed at any moment.

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::io::tcp::TcpSettings;
use redis::{Client, IntoConnectionInfo, RedisError, Script};
use std::time::Duration;

/// `KEYS` are the counters. `ARGV` has the hits, and then the maximum and the lifetime of each counter.
const ADD: &str = r"
local hits, counts, fits = tonumber(ARGV[1]), {}, 1
for i, key in ipairs(KEYS) do
  counts[i] = tonumber(redis.call('GET', key) or '0')
  if counts[i] + hits > tonumber(ARGV[2 * i]) then fits = 0 end
end
for i, key in ipairs(KEYS) do
  if fits == 1 then
    counts[i] = redis.call('INCRBY', key, hits)
    redis.call('EXPIRE', key, ARGV[2 * i + 1])
  end
end
return { fits, counts }";

/// The longest wait for Redis. A question that has no answer by then is an error.
const LIMIT: Duration = Duration::from_millis(500);

/// A counter of a question.
pub struct Counter {
    pub key: String,
    pub max: u32,
    /// The time after which Redis may forget it.
    pub seconds: u64,
}

/// A connection to Redis, made anew after it is lost.
#[derive(Clone)]
pub struct Counts {
    redis: ConnectionManager,
    add: Script,
}

impl Counts {
    pub async fn connect(url: &str) -> Result<Self, RedisError> {
        let config = ConnectionManagerConfig::new()
            .set_response_timeout(Some(LIMIT))
            .set_connection_timeout(Some(LIMIT));
        // No question waits until Redis has acknowledged the one before.
        let tcp = TcpSettings::default().set_nodelay(true);
        let client = Client::open(url.into_connection_info()?.set_tcp_settings(tcp))?;
        Ok(Self {
            redis: ConnectionManager::new_with_config(client, config).await?,
            add: Script::new(ADD),
        })
    }

    /// Whether all counters had room, and their counts.
    pub async fn add(
        &self,
        counters: &[Counter],
        hits: u32,
    ) -> Result<(bool, Vec<u32>), RedisError> {
        let mut call = self.add.prepare_invoke();
        call.arg(hits);
        for counter in counters {
            call.key(&counter.key).arg(counter.max).arg(counter.seconds);
        }
        call.invoke_async(&mut self.redis.clone()).await
    }
}
