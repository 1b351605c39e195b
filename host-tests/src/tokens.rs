//! Turns claims into signed tokens (JWT with ES256, RFC 7515 and 7518), and an issuer's key into the JWKS with which a
//! gateway verifies them.
//!
//! It never verifies a token, and no key outlives its test.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use serde_json::{Value, json};

/// The id of the only key in a JWKS.
const KEY: &str = "key";
/// Each of the two coordinates of a point on P-256, in bytes.
const COORDINATE: usize = 32;

/// An issuer of tokens, with a key that is made anew.
#[derive(Debug)]
pub struct Issuer {
    name: String,
    audience: String,
    key: EcdsaKeyPair,
    random: SystemRandom,
}

impl Issuer {
    /// An issuer whose tokens have this claim `iss`, and this `aud` unless a test says otherwise.
    ///
    /// # Panics
    /// When the machine has no random numbers.
    pub fn new(name: &str, audience: &str) -> Self {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let key = EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("a key can be made");
        let key = EcdsaKeyPair::from_pkcs8(algorithm, key.as_ref(), &random);
        Self {
            name: name.to_owned(),
            audience: audience.to_owned(),
            key: key.expect("it was made for this algorithm"),
            random,
        }
    }

    /// The claim `iss` of its tokens.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its public key as a JSON Web Key Set (RFC 7517).
    pub fn jwks(&self) -> String {
        // An uncompressed point: a byte of 4, then both coordinates.
        let point = self.key.public_key().as_ref();
        let (x, y) = point[1..].split_at(COORDINATE);
        let key = json!({
            "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": KEY,
            "x": BASE64_URL_SAFE_NO_PAD.encode(x), "y": BASE64_URL_SAFE_NO_PAD.encode(y),
        });
        json!({ "keys": [key] }).to_string()
    }

    /// A token with these claims, and with `iss` and `aud` where they lack them. It has no other claim that was not
    /// given, so without `exp` it never expires.
    ///
    /// # Panics
    /// When the claims are not an object.
    pub fn token(&self, mut claims: Value) -> String {
        let members = claims.as_object_mut().expect("claims are an object");
        for (name, own) in [("iss", &self.name), ("aud", &self.audience)] {
            members.entry(name).or_insert_with(|| own.as_str().into());
        }
        self.signed(&claims.to_string())
    }

    /// A token with exactly this payload, whatever it is.
    ///
    /// # Panics
    /// When the machine has no random numbers.
    pub fn signed(&self, payload: &str) -> String {
        let header = json!({ "alg": "ES256", "typ": "JWT", "kid": KEY }).to_string();
        let [header, payload] = [header.as_str(), payload].map(|part| encoded(part.as_bytes()));
        let input = format!("{header}.{payload}");
        let signature = self.key.sign(&self.random, input.as_bytes());
        let signature = signature.expect("the key signs");
        format!("{input}.{}", encoded(signature.as_ref()))
    }
}

fn encoded(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

    fn decoded(text: &str) -> Vec<u8> {
        BASE64_URL_SAFE_NO_PAD.decode(text).expect("base64")
    }

    /// The payload, if the only key of the set verifies the token.
    fn verified(token: &str, jwks: &str) -> Option<Value> {
        let set: Value = serde_json::from_str(jwks).expect("JSON");
        let [x, y] = ["x", "y"].map(|name| decoded(set["keys"][0][name].as_str().expect("text")));
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, [vec![4], x, y].concat());
        let (input, signature) = token.rsplit_once('.').expect("three parts");
        key.verify(input.as_bytes(), &decoded(signature)).ok()?;
        let payload = input.split_once('.').expect("three parts").1;
        serde_json::from_slice(&decoded(payload)).ok()
    }

    #[test]
    fn token_is_verified_by_the_key_set_of_its_issuer_alone() {
        let [own, other] = [(); 2].map(|()| Issuer::new("https://a.example", "mcp"));
        let token = own.token(json!({ "sub": "alice" }));
        let claims = json!({ "sub": "alice", "iss": "https://a.example", "aud": "mcp" });
        assert_eq!(verified(&token, &own.jwks()), Some(claims));
        assert_eq!(verified(&token, &other.jwks()), None);
    }
}
