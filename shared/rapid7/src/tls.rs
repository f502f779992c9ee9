//! Which server certificate is believed.

use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, ring, verify_tls12_signature,
    verify_tls13_signature, verify_tls13_signature_with_raw_key,
};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, OtherError, RootCertStore,
    SignatureScheme,
};
use sha2::{Digest as _, Sha256};

use crate::certificate::Certificate;

/// The SHA-256 digest of a certificate in DER form, as
/// `openssl x509 -noout -fingerprint -sha256` prints it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    fn of(certificate: &CertificateDer<'_>) -> Self {
        Self(Sha256::digest(certificate.as_ref()).into())
    }
}

impl FromStr for Fingerprint {
    type Err = TrustError;

    /// Takes 64 hexadecimal digits, with or without colons, in either case; or the line that openssl prints,
    /// with `sha256 Fingerprint=` in front.
    fn from_str(text: &str) -> Result<Self, TrustError> {
        let text = match text.split_once('=') {
            Some((label, digits)) => {
                let label = label.trim().to_ascii_lowercase();
                let fits = ["sha256 fingerprint", "sha-256 fingerprint"].contains(&label.as_str());
                fits.then_some(digits).ok_or(TrustError::Fingerprint)?
            }
            None => text,
        };
        let digits: Vec<u8> = text
            .bytes()
            .filter(|b| *b != b':' && !b.is_ascii_whitespace())
            .collect();
        let mut bytes = [0; 32];
        if digits.len() != 64 {
            return Err(TrustError::Fingerprint);
        }
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
            let pair = str::from_utf8(pair).map_err(|_| TrustError::Fingerprint)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| TrustError::Fingerprint)?;
        }
        Ok(Self(bytes))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, byte) in self.0.iter().enumerate() {
            let colon = if i == 0 { "" } else { ":" };
            write!(f, "{colon}{byte:02X}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Which server certificate is believed. Consoles ship with a self-signed one (seen in the field),
/// for which a pin is the safe choice.
#[derive(Debug, Clone, Default)]
pub enum Trust {
    /// The public roots that browsers trust.
    #[default]
    PublicRoots,
    /// Only certificates issued by these authorities, or being one of them, in PEM.
    CaPem(String),
    /// Only these very certificates, whatever they say; several, so that the next one can be
    /// announced before it is installed.
    Pins(Vec<Fingerprint>),
    /// Any certificate: whoever is on the way can read the password. Callers warn each time.
    DangerouslyAny,
}

/// A trust setting that can't be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// Not a SHA-256 fingerprint.
    #[error(
        "expected a SHA-256 fingerprint: 64 hexadecimal digits, colons allowed, or the line that openssl x509 \
         -noout -fingerprint -sha256 prints"
    )]
    Fingerprint,
    /// No certificate in the PEM text.
    #[error("expected one or more certificates in PEM (-----BEGIN CERTIFICATE-----)")]
    Pem,
    /// An empty list of pins would believe nobody.
    #[error("expected at least one SHA-256 fingerprint")]
    NoPins,
}

/// The TLS settings for a [`Trust`], with *ring*: the aws-lc provider takes long before its first
/// handshake, on a small function above all.
///
/// # Errors
/// When the PEM text or the list of pins holds nothing to trust.
pub fn client_config(trust: &Trust) -> Result<ClientConfig, TrustError> {
    let provider = Arc::new(ring::default_provider());
    let belief = match trust {
        Trust::PublicRoots => Belief::issued_by(
            RootCertStore {
                roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
            },
            Vec::new(),
            &provider,
        )?,
        Trust::CaPem(pem) => {
            let certificates = CertificateDer::pem_slice_iter(pem.as_bytes());
            let certificates: Result<Vec<_>, _> = certificates.collect();
            let certificates = certificates.map_err(|_| TrustError::Pem)?;
            let mut roots = RootCertStore::empty();
            roots.add_parsable_certificates(certificates.iter().cloned());
            Belief::issued_by(roots, certificates, &provider)?
        }
        Trust::Pins(pins) if pins.is_empty() => return Err(TrustError::NoPins),
        Trust::Pins(pins) => Belief::Pins(pins.clone()),
        Trust::DangerouslyAny => Belief::Any,
    };
    Ok(ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .expect("ring supports TLS 1.2 and 1.3")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Verifier { belief, provider }))
        .with_no_client_auth())
}

/// A certificate that a server has shown, and what is known of it without trusting it.
#[derive(Debug, Clone)]
pub struct Shown {
    /// What to compare.
    pub fingerprint: Fingerprint,
    /// Whose it says it is.
    pub subject: String,
    /// Who it says has made it.
    pub issuer: String,
    /// From when until when it is valid, in seconds since 1970; unless that can't be read.
    pub validity: Option<[u64; 2]>,
    /// Why the public authorities do not vouch for it; nothing if they do.
    pub not_vouched_for: Option<String>,
}

/// TLS settings that believe any server, and note what it shows: for who sends nothing but the wish to see that.
pub(crate) fn noting(shown: &Arc<Mutex<Option<Shown>>>) -> ClientConfig {
    let provider = Arc::new(ring::default_provider());
    let roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    let belief = Belief::issued_by(roots, Vec::new(), &provider).expect("there are public roots");
    let of_the_public = Verifier {
        belief,
        provider: Arc::clone(&provider),
    };
    let shown = Arc::clone(shown);
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring supports TLS 1.2 and 1.3")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Onlooker {
            of_the_public,
            shown,
        }))
        .with_no_client_auth()
}

/// Believes whatever it is shown, and notes what the public authorities think of it.
#[derive(Debug)]
struct Onlooker {
    of_the_public: Verifier,
    shown: Arc<Mutex<Option<Shown>>>,
}

impl ServerCertVerifier for Onlooker {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verified = self.of_the_public.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        );
        let why = match verified {
            Ok(_) => None,
            Err(rustls::Error::InvalidCertificate(CertificateError::Other(other))) => {
                let told = other.0.downcast_ref::<NotVouchedFor>();
                Some(told.map_or_else(|| other.0.to_string(), |told| told.reason.clone()))
            }
            Err(error) => Some(error.to_string()),
        };
        let read = Certificate::read(end_entity);
        let unread = || "(can't be read)".to_owned();
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner) = Some(Shown {
            fingerprint: Fingerprint::of(end_entity),
            subject: read.map_or_else(unread, |read| read.subject()),
            issuer: read.map_or_else(unread, |read| read.issuer()),
            validity: read.map(|read| read.validity()),
            not_vouched_for: why,
        });
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.of_the_public
            .verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.of_the_public
            .verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.of_the_public.supported_verify_schemes()
    }
}

/// The server showed a certificate that is not pinned.
#[derive(Debug, thiserror::Error)]
#[error("its SHA-256 fingerprint is {0}, which is not pinned")]
pub(crate) struct NotPinned(Fingerprint);

/// The server showed a certificate that no authority vouches for, or one for something else.
#[derive(Debug, thiserror::Error)]
#[error("{reason}; its SHA-256 fingerprint is {fingerprint}")]
pub(crate) struct NotVouchedFor {
    reason: String,
    fingerprint: Fingerprint,
}

/// Which certificates are believed.
#[derive(Debug)]
enum Belief {
    /// Those that rustls' own verifier accepts, names and dates included.
    Issued {
        by: Arc<WebPkiServerVerifier>,
        /// And these themselves: it takes no authority for a server.
        or_being: Vec<CertificateDer<'static>>,
    },
    Pins(Vec<Fingerprint>),
    Any,
}

impl Belief {
    fn issued_by(
        roots: RootCertStore,
        or_being: Vec<CertificateDer<'static>>,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Self, TrustError> {
        let builder =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider));
        // It only refuses an empty set of roots.
        builder
            .build()
            .map(|by| Self::Issued { by, or_being })
            .map_err(|_| TrustError::Pem)
    }
}

/// Whether a certificate that is trusted by itself is one for this server, and now: as curl and openssl see it,
/// whose users have always had a console's own certificate for an authority. Where it names no hosts, the
/// common name counts.
fn is_for(
    certificate: &CertificateDer<'_>,
    server: &ServerName<'_>,
    now: UnixTime,
) -> Result<(), CertificateError> {
    let read = Certificate::read(certificate).ok_or(CertificateError::BadEncoding)?;
    if !read.is_valid_at(now) {
        return Err(match read.is_not_yet_valid_at(now) {
            true => CertificateError::NotValidYet,
            false => CertificateError::Expired,
        });
    }
    let named = if read.tells_names() {
        let parsed = ParsedCertificate::try_from(certificate);
        parsed
            .and_then(|parsed| verify_server_name(&parsed, server))
            .is_ok()
    } else {
        read.is_named(server)
    };
    named.then_some(()).ok_or(CertificateError::NotValidForName)
}

/// Adds the fingerprint to every refusal: comparing it with the console's own is the way out. The
/// handshake's signature is checked whatever is believed, so that a pinned certificate without its
/// key is worth nothing.
#[derive(Debug)]
struct Verifier {
    belief: Belief,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let fingerprint = Fingerprint::of(end_entity);
        let refused = |why: Arc<dyn std::error::Error + Send + Sync>| {
            Err(CertificateError::Other(OtherError(why)).into())
        };
        match &self.belief {
            Belief::Any => Ok(ServerCertVerified::assertion()),
            Belief::Pins(pins) if pins.contains(&fingerprint) => {
                Ok(ServerCertVerified::assertion())
            }
            Belief::Pins(_) => refused(Arc::new(NotPinned(fingerprint))),
            Belief::Issued { by, or_being } => {
                let verified = by.verify_server_cert(
                    end_entity,
                    intermediates,
                    server_name,
                    ocsp_response,
                    now,
                );
                let reason = match verified {
                    Err(rustls::Error::InvalidCertificate(reason)) => reason,
                    verified => return verified,
                };
                let reason = if or_being.contains(end_entity) {
                    match is_for(end_entity, server_name, now) {
                        Ok(()) => return Ok(ServerCertVerified::assertion()),
                        Err(reason) => reason,
                    }
                } else {
                    reason
                };
                refused(Arc::new(NotVouchedFor {
                    reason: describe(&reason, end_entity, server_name),
                    fingerprint,
                }))
            }
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        match version_1(cert) {
            Some(cert) => verify_with_key_of(&cert, message, dss, algorithms),
            None => verify_tls12_signature(message, cert, dss, algorithms),
        }
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        match version_1(cert) {
            Some(cert) => {
                let key = cert.public_key();
                verify_tls13_signature_with_raw_key(message, &key, dss, algorithms)
            }
            None => verify_tls13_signature(message, cert, dss, algorithms),
        }
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

/// A certificate of X.509 version 1, in which webpki looks for nothing, not even the key. Some consoles have one
/// (seen in the field).
fn version_1<'a>(certificate: &'a CertificateDer<'_>) -> Option<Certificate<'a>> {
    Certificate::read(certificate).filter(|read| read.is_version_1)
}

/// The same as rustls' own, of TLS 1.2: any algorithm that goes with the scheme and the key.
fn verify_with_key_of(
    certificate: &Certificate<'_>,
    message: &[u8],
    dss: &DigitallySignedStruct,
    algorithms: &WebPkiSupportedAlgorithms,
) -> Result<HandshakeSignatureValid, rustls::Error> {
    let (of_key, key) = certificate
        .key_parts()
        .ok_or(CertificateError::BadEncoding)?;
    let schemes = algorithms.mapping.iter();
    let mut fitting = schemes
        .filter(|(scheme, _)| *scheme == dss.scheme)
        .flat_map(|(_, algorithms)| *algorithms)
        .filter(|algorithm| algorithm.public_key_alg_id().as_ref() == of_key);
    let is_valid = fitting.any(|algorithm| {
        let verified = algorithm.verify_signature(key, message, dss.signature());
        verified.is_ok()
    });
    match is_valid {
        true => Ok(HandshakeSignatureValid::assertion()),
        false => Err(CertificateError::BadSignature.into()),
    }
}

/// Why a certificate is not believed, in words. rustls has some of them, and Rust's own names for the others.
fn describe(
    reason: &CertificateError,
    certificate: &CertificateDer<'_>,
    server: &ServerName<'_>,
) -> String {
    let name = server.to_str();
    match reason {
        CertificateError::UnknownIssuer => {
            "its issuer is unknown (it is self-signed, as consoles' own are, or made by what opens TLS on the way)".into()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            format!("it is not one for {name}")
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "it has expired".into()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "it is not valid yet (or the clock of this machine is wrong)".into()
        }
        CertificateError::BadSignature => "it is not signed by the authority that it names".into(),
        CertificateError::BadEncoding => "it can't be read".into(),
        CertificateError::Revoked => "it was revoked".into(),
        CertificateError::UnhandledCriticalExtension => {
            "it has a critical extension that is not known here".into()
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "it is not one for servers".into()
        }
        CertificateError::UnsupportedSignatureAlgorithmContext { .. }
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            "it is signed with an algorithm that is too old or not known here, such as SHA-1".into()
        }
        _ if version_1(certificate).is_some() => {
            "it is of X.509 version 1, which is trusted by pin, or where it is itself in the CA file".into()
        }
        _ if is_an_authority(reason) => {
            "it is an authority's own, which is trusted for a server only where it is itself in the CA file"
                .into()
        }
        _ => "it can't be checked".into(),
    }
}

/// webpki's words for it, which rustls passes on as they are.
fn is_an_authority(reason: &CertificateError) -> bool {
    match reason {
        CertificateError::Other(other) => other.0.to_string() == "CaUsedAsEndEntity",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::PrivateKeyDer;
    use rustls::server::{ClientHello, ResolvesServerCert};
    use rustls::sign::CertifiedKey;
    use rustls::{ClientConnection, ServerConfig, ServerConnection, SupportedProtocolVersion};

    use super::*;
    use crate::certificate::as_version_1;

    #[test]
    fn a_fingerprint_is_read_as_openssl_prints_it_and_as_plain_digits() {
        let colons = [["AB"; 31].join(":"), "CD".into()].join(":");
        let read: Fingerprint = colons.parse().expect("colons");
        assert_eq!(read.to_string(), colons);
        let plain = colons.replace(':', "").to_lowercase();
        assert_eq!(plain.parse(), Ok(read));
        for line in [
            "sha256 Fingerprint=",
            "SHA256 Fingerprint=",
            " SHA-256 fingerprint = ",
        ] {
            assert_eq!(format!("{line}{colons}\n").parse(), Ok(read), "{line}");
        }
        let sha1 = format!("SHA1 Fingerprint={colons}");
        for bad in ["", "AB", &colons[1..], &format!("{colons}:00"), "zz", &sha1] {
            assert_eq!(bad.parse::<Fingerprint>(), Err(TrustError::Fingerprint));
        }
    }

    #[test]
    fn nothing_to_trust_is_an_error() {
        let none = client_config(&Trust::CaPem("no certificate".into()));
        assert_eq!(none.err(), Some(TrustError::Pem));
        let none = client_config(&Trust::Pins(Vec::new()));
        assert_eq!(none.err(), Some(TrustError::NoPins));
    }

    /// Shows a certificate and signs with a key, which need not belong together.
    #[derive(Debug)]
    struct Shows(Arc<CertifiedKey>);

    impl ResolvesServerCert for Shows {
        fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
            Some(Arc::clone(&self.0))
        }
    }

    /// A handshake in memory; the client's error if it does not believe the server.
    fn handshake(
        trust: &Trust,
        shown: &CertifiedKey,
        version: &'static SupportedProtocolVersion,
    ) -> Result<(), rustls::Error> {
        let server = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[version])
            .expect("ring has it")
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(Shows(Arc::new(shown.clone()))));
        let mut server = ServerConnection::new(Arc::new(server)).expect("a server");
        let name = "localhost".try_into().expect("a name");
        let client = Arc::new(client_config(trust).expect("a client"));
        let mut client = ClientConnection::new(client, name).expect("a client");
        while client.is_handshaking() || server.is_handshaking() {
            let mut bytes = Vec::new();
            client.write_tls(&mut bytes).expect("written");
            server.read_tls(&mut bytes.as_slice()).expect("read");
            server.process_new_packets().expect("a client to believe");
            let mut bytes = Vec::new();
            while server.wants_write() {
                server.write_tls(&mut bytes).expect("written");
            }
            let mut bytes = bytes.as_slice();
            while !bytes.is_empty() {
                client.read_tls(&mut bytes).expect("read");
                client.process_new_packets()?;
            }
        }
        Ok(())
    }

    /// A certificate can be copied by anybody who has seen it; its key can't.
    #[test]
    fn a_pinned_certificate_without_its_key_is_worth_nothing() {
        let signed = || rcgen::generate_simple_self_signed(["localhost".to_owned()]);
        let (own, other) = (signed().expect("signed"), signed().expect("signed"));
        let key = |pair: &rcgen::KeyPair| {
            let der = PrivateKeyDer::try_from(pair.serialize_der()).expect("a key");
            ring::sign::any_supported_type(&der).expect("a key")
        };
        // Of version 1, too, in which rustls itself does not find the key.
        for certificate in [own.cert.der().clone(), as_version_1(own.cert.der())] {
            let pin = Trust::Pins(vec![Fingerprint::of(&certificate)]);
            let with_own = CertifiedKey::new(vec![certificate.clone()], key(&own.signing_key));
            let with_other = CertifiedKey::new(vec![certificate], key(&other.signing_key));
            for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
                for trust in [&pin, &Trust::DangerouslyAny] {
                    assert_eq!(handshake(trust, &with_own, version), Ok(()));
                    let refused = handshake(trust, &with_other, version);
                    let bad = CertificateError::BadSignature;
                    assert_eq!(refused, Err(rustls::Error::InvalidCertificate(bad)));
                }
            }
        }
    }
}
