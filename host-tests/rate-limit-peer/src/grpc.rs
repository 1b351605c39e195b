//! `envoy.service.ratelimit.v3.RateLimitService` over gRPC.

use crate::peer::{Counted, Outcome, Peer};
use envoy_types::pb::envoy::service::ratelimit::v3::rate_limit_response::{
    Code, DescriptorStatus, RateLimit,
};
use envoy_types::pb::envoy::service::ratelimit::v3::rate_limit_service_server::RateLimitService;
use envoy_types::pb::envoy::service::ratelimit::v3::{RateLimitRequest, RateLimitResponse};
use envoy_types::pb::google::protobuf::Duration;
use tonic::{Request, Response, Status, async_trait};

#[async_trait]
impl RateLimitService for Peer {
    async fn should_rate_limit(
        &self,
        request: Request<RateLimitRequest>,
    ) -> Result<Response<RateLimitResponse>, Status> {
        let fault = self.fault().await;
        if fault != 0 {
            return Err(Status::new(fault.into(), "a test asks for this status"));
        }
        let request = request.into_inner();
        let entries = request
            .descriptors
            .iter()
            .flat_map(|descriptor| &descriptor.entries);
        let pairs: Vec<_> = entries
            .map(|entry| (entry.key.as_str(), entry.value.as_str()))
            .collect();
        let outcome = self.add(&request.domain, &pairs, request.hits_addend).await;
        let outcome = outcome.map_err(|error| Status::unavailable(error.to_string()))?;
        Ok(Response::new(answer(
            &outcome,
            self.has_statuses,
            request.hits_addend.max(1),
        )))
    }
}

fn answer(outcome: &Outcome, has_statuses: bool, hits: u32) -> RateLimitResponse {
    let code = match outcome.fits {
        true => Code::Ok,
        false => Code::OverLimit,
    };
    let statuses = outcome.counted.iter().filter(|_| has_statuses);
    RateLimitResponse {
        overall_code: code.into(),
        statuses: statuses
            .map(|counted| status(counted, outcome.fits, hits))
            .collect(),
        ..RateLimitResponse::default()
    }
}

fn status(counted: &Counted, fits: bool, hits: u32) -> DescriptorStatus {
    let Some(limit) = counted.limit else {
        return DescriptorStatus {
            code: Code::Ok.into(),
            ..DescriptorStatus::default()
        };
    };
    let fits = fits || counted.used.saturating_add(hits) <= limit.max;
    DescriptorStatus {
        code: if fits { Code::Ok } else { Code::OverLimit }.into(),
        current_limit: Some(RateLimit {
            name: String::new(),
            requests_per_unit: limit.max,
            unit: limit.unit.into(),
        }),
        limit_remaining: limit.max.saturating_sub(counted.used),
        duration_until_reset: Some(Duration {
            seconds: i64::try_from(counted.left.as_secs()).unwrap_or(i64::MAX),
            nanos: 0,
        }),
        ..DescriptorStatus::default()
    }
}
