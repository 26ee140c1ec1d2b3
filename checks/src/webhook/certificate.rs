//! The certificates of a `caBundle`: base64 of PEM, of one certificate or several.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use x509_parser::pem::Pem;

/// What the checks need of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Certificate {
    subject: String,
    serial: String,
    public_key: Vec<u8>,
    not_before: i64,
    /// The end of its time, in seconds since 1970.
    pub(super) not_after: i64,
}

/// Why a bundle holds no certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum BundleError {
    /// The outer encoding is wrong.
    #[error("it is not base64")]
    NotBase64,
    /// There is no PEM block, or none that is a certificate.
    #[error("it is not a certificate")]
    NotACertificate,
}

impl Certificate {
    /// Whether a moment is within its time.
    pub(super) fn is_valid_at(&self, seconds: i64) -> bool {
        (self.not_before..=self.not_after).contains(&seconds)
    }

    /// Whether both have one key: a renewed certificate of the same CA signs the same.
    pub(super) fn has_key_of(&self, other: &Self) -> bool {
        self.public_key == other.public_key
    }

    /// What to call it in a report.
    pub(super) fn name(&self) -> String {
        format!("{} (serial {})", self.subject, self.serial)
    }
}

/// The certificates of a bundle. What isn't a certificate beside them is left out, as the API server does.
///
/// # Errors
///
/// Where the bundle isn't base64, or holds no certificate.
pub(super) fn certificates(bundle: &str) -> Result<Vec<Certificate>, BundleError> {
    let text: String = bundle.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let pem = STANDARD.decode(text).map_err(|_| BundleError::NotBase64)?;
    let blocks = Pem::iter_from_buffer(&pem).filter_map(Result::ok).filter(|block| block.label == "CERTIFICATE");
    let found: Vec<Certificate> = blocks.filter_map(|block| certificate(&block)).collect();
    if found.is_empty() { Err(BundleError::NotACertificate) } else { Ok(found) }
}

fn certificate(block: &Pem) -> Option<Certificate> {
    let parsed = block.parse_x509().ok()?;
    Some(Certificate {
        subject: parsed.subject().to_string(),
        serial: parsed.raw_serial_as_string(),
        public_key: parsed.public_key().raw.to_vec(),
        not_before: parsed.validity().not_before.timestamp(),
        not_after: parsed.validity().not_after.timestamp(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{CLUSTER_CA, OTHER_CA};

    #[test]
    fn reads_one_certificate_and_several() {
        let one = certificates(CLUSTER_CA).unwrap();
        assert_eq!(one.len(), 1);
        let at = |time: &str| time.parse::<jiff::Timestamp>().unwrap().as_second();
        assert!(one[0].is_valid_at(at("2026-11-24T12:00:00Z")));
        assert!(!one[0].is_valid_at(at("2026-11-23T12:00:00Z")) && !one[0].is_valid_at(at("2060-01-01T00:00:00Z")));
        let decode = |text: &str| STANDARD.decode(text).unwrap();
        let two = STANDARD.encode([decode(OTHER_CA), decode(CLUSTER_CA)].concat());
        let two = certificates(&two).unwrap();
        assert_eq!(two.len(), 2);
        assert!(two.iter().any(|certificate| certificate.has_key_of(&one[0])));
        assert!(!two.iter().all(|certificate| certificate.has_key_of(&one[0])));
    }

    #[test]
    fn refuses_what_is_no_certificate() {
        assert_eq!(certificates("not base64!"), Err(BundleError::NotBase64));
        assert_eq!(certificates(&STANDARD.encode("hello")), Err(BundleError::NotACertificate));
        let cut = STANDARD.encode("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        assert_eq!(certificates(&cut), Err(BundleError::NotACertificate));
        assert_eq!(certificates(&STANDARD.encode("-----BEGIN CERTIFICATE-----\nAA")), Err(BundleError::NotACertificate));
    }
}
