//! The gateways that load the plugin through objects of Kubernetes, and what each of them keeps.
//!
//! It never reads a policy.

/// A gateway that gets the plugin through objects of Kubernetes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gateway {
    /// Istio, through a `WasmPlugin`.
    Istio,
    /// Istio, through an `EnvoyFilter`, which holds headers and gives the plugin a VM of its own.
    IstioEnvoyFilter,
    /// Envoy Gateway, through an `EnvoyExtensionPolicy`.
    EnvoyGateway,
    /// Higress, through its own `WasmPlugin`.
    Higress,
}

impl Gateway {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Istio,
        Self::IstioEnvoyFilter,
        Self::EnvoyGateway,
        Self::Higress,
    ];

    /// The name in messages.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Istio => "Istio's WasmPlugin",
            Self::IstioEnvoyFilter => "Istio's EnvoyFilter",
            Self::EnvoyGateway => "Envoy Gateway",
            Self::Higress => "Higress",
        }
    }

    /// The file of the template.
    pub(super) fn template(self) -> &'static str {
        match self {
            Self::Istio => "istio.yaml",
            Self::IstioEnvoyFilter => "istio-envoyfilter.yaml",
            Self::EnvoyGateway => "envoy-gateway.yaml",
            Self::Higress => "higress.yaml",
        }
    }

    /// Whether it can hold the headers of a request until the verdict.
    pub(super) fn holds_headers(self) -> bool {
        self == Self::IstioEnvoyFilter
    }

    /// The columns before the lines of a policy, where it is an object of YAML; `None` where it is a text.
    pub(super) fn object_indentation(self) -> Option<usize> {
        match self {
            Self::Istio | Self::Higress => Some(4),
            Self::EnvoyGateway => Some(6),
            Self::IstioEnvoyFilter => None,
        }
    }
}
