//! What is read of a certificate where webpki reads none of it: of one that is its own authority, or of X.509
//! version 1. Consoles ship with such ones, or are given them by `openssl req -x509` (seen in the field).

use rustls::pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};

use crate::text::printable;

/// A certificate in DER form, taken apart.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Certificate<'a> {
    /// Whether it is of version 1, which has no extensions.
    pub(crate) is_version_1: bool,
    validity: [u64; 2],
    issuer: &'a [u8],
    subject: &'a [u8],
    public_key: &'a [u8],
    tells_names: bool,
}

const SEQUENCE: u8 = 0x30;
const BIT_STRING: u8 = 0x03;
const EXPLICIT_0: u8 = 0xA0;
const EXPLICIT_3: u8 = 0xA3;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
/// 2.5.4.3, with tag and length.
const COMMON_NAME: [u8; 5] = [0x06, 0x03, 0x55, 0x04, 0x03];
/// 2.5.29.17, with tag and length.
const SUBJECT_ALTERNATIVE_NAME: [u8; 5] = [0x06, 0x03, 0x55, 0x1D, 0x11];

/// One element of DER, and what comes after it.
struct Element<'a> {
    tag: u8,
    content: &'a [u8],
    /// With tag and length.
    whole: &'a [u8],
    rest: &'a [u8],
}

fn element(der: &[u8]) -> Option<Element<'_>> {
    let (&tag, after) = der.split_first()?;
    let (&first, after) = after.split_first()?;
    let (length, after) = match first {
        0..=0x7F => (usize::from(first), after),
        0x81..=0x83 => {
            let (digits, after) = after.split_at_checked(usize::from(first & 0x7F))?;
            let number = |all: usize, digit: &u8| all << 8 | usize::from(*digit);
            (digits.iter().fold(0, number), after)
        }
        _ => return None,
    };
    let (content, rest) = after.split_at_checked(length)?;
    Some(Element {
        tag,
        content,
        whole: &der[..der.len() - rest.len()],
        rest,
    })
}

/// The next element, which has to be of this kind; moves on.
fn next<'a>(der: &mut &'a [u8], tag: u8) -> Option<Element<'a>> {
    let element = element(der).filter(|element| element.tag == tag)?;
    *der = element.rest;
    Some(element)
}

impl<'a> Certificate<'a> {
    /// Takes a certificate apart. `None` for what is none.
    pub(crate) fn read(certificate: &'a CertificateDer<'_>) -> Option<Self> {
        let mut whole = certificate.as_ref();
        let mut parts = next(&mut whole, SEQUENCE)?.content;
        let mut signed = next(&mut parts, SEQUENCE)?.content;
        let version = next(&mut signed, EXPLICIT_0);
        // Serial number, signature algorithm.
        signed = element(signed)?.rest;
        signed = element(signed)?.rest;
        let issuer = next(&mut signed, SEQUENCE)?.content;
        let mut validity = next(&mut signed, SEQUENCE)?.content;
        let subject = next(&mut signed, SEQUENCE)?.content;
        let public_key = next(&mut signed, SEQUENCE)?.whole;
        let mut extensions = None;
        while let Some(more) = element(signed) {
            extensions = (more.tag == EXPLICIT_3).then_some(more.content);
            signed = more.rest;
        }
        let names = SUBJECT_ALTERNATIVE_NAME;
        let contains = |der: &[u8]| der.windows(names.len()).any(|bytes| bytes == names);
        Some(Self {
            is_version_1: version.is_none(),
            validity: [time(&mut validity)?, time(&mut validity)?],
            issuer,
            subject,
            public_key,
            tells_names: extensions.is_some_and(contains),
        })
    }

    /// Whether it is valid at that time.
    pub(crate) fn is_valid_at(&self, now: UnixTime) -> bool {
        let [begin, end] = self.validity;
        (begin..=end).contains(&now.as_secs())
    }

    /// Whether it is valid later than that.
    pub(crate) fn is_not_yet_valid_at(&self, now: UnixTime) -> bool {
        now.as_secs() < self.validity[0]
    }

    /// Whether it tells the names of hosts where they belong: then the subject says nothing about them.
    pub(crate) fn tells_names(&self) -> bool {
        self.tells_names
    }

    /// Whether its subject is that host.
    pub(crate) fn is_named(&self, host: &ServerName<'_>) -> bool {
        let host = host.to_str();
        let is_host = |name: &[u8]| name.eq_ignore_ascii_case(host.as_bytes());
        let mut sets = self.subject;
        while let Some(set) = element(sets) {
            sets = set.rest;
            let mut attributes = set.content;
            while let Some(attribute) = element(attributes) {
                attributes = attribute.rest;
                let name = attribute.content.strip_prefix(&COMMON_NAME);
                if name
                    .and_then(element)
                    .is_some_and(|text| is_host(text.content))
                {
                    return true;
                }
            }
        }
        false
    }

    /// From when until when it is valid, in seconds since 1970.
    pub(crate) fn validity(&self) -> [u64; 2] {
        self.validity
    }

    /// Whose it is, for people.
    pub(crate) fn subject(&self) -> String {
        name_of(self.subject)
    }

    /// Who has made it, for people.
    pub(crate) fn issuer(&self) -> String {
        name_of(self.issuer)
    }

    /// Its public key, as TLS takes one without a certificate.
    pub(crate) fn public_key(&self) -> SubjectPublicKeyInfoDer<'a> {
        SubjectPublicKeyInfoDer::from(self.public_key)
    }

    /// The algorithm that its public key is for, and the key itself.
    pub(crate) fn key_parts(&self) -> Option<(&'a [u8], &'a [u8])> {
        let mut parts = element(self.public_key)?.content;
        let algorithm = next(&mut parts, SEQUENCE)?.content;
        // The first byte counts bits that are not used: none.
        let key = next(&mut parts, BIT_STRING)?.content.strip_prefix(&[0])?;
        Some((algorithm, key))
    }
}

/// The attributes of a distinguished name that people know by letters, by their identifiers (RFC 4519).
const ATTRIBUTES: [(&[u8], &str); 7] = [
    (&[0x55, 0x04, 0x03], "CN"),
    (&[0x55, 0x04, 0x06], "C"),
    (&[0x55, 0x04, 0x07], "L"),
    (&[0x55, 0x04, 0x08], "ST"),
    (&[0x55, 0x04, 0x0A], "O"),
    (&[0x55, 0x04, 0x0B], "OU"),
    (&[0x55, 0x04, 0x05], "serialNumber"),
];

/// Text in UTF-16, as old certificates have it.
const BMP_STRING: u8 = 0x1E;

/// A distinguished name as openssl shows it, such as `CN=console.example.com, O=Example`; whatever is not seen in it
/// is escaped.
fn name_of(name: &[u8]) -> String {
    let mut parts = Vec::new();
    let mut sets = name;
    while let Some(set) = element(sets) {
        sets = set.rest;
        let mut attributes = set.content;
        while let Some(attribute) = element(attributes) {
            attributes = attribute.rest;
            let Some(kind) = element(attribute.content) else {
                continue;
            };
            let known = ATTRIBUTES.iter().find(|(id, _)| *id == kind.content);
            if let (Some((_, letters)), Some(text)) = (known, element(kind.rest)) {
                let text = match text.tag {
                    BMP_STRING => {
                        let units = text.content.chunks_exact(2);
                        let units = units.map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
                        String::from_utf16_lossy(&units.collect::<Vec<_>>())
                    }
                    _ => String::from_utf8_lossy(text.content).into_owned(),
                };
                parts.push(format!("{letters}={}", printable(&text)));
            }
        }
    }
    match parts.is_empty() {
        true => "(no name)".into(),
        false => parts.join(", "),
    }
}

/// Seconds since 1970.
fn time(der: &mut &[u8]) -> Option<u64> {
    let element = element(der)?;
    *der = element.rest;
    let text = str::from_utf8(element.content).ok()?.strip_suffix('Z')?;
    let (year, rest) = match element.tag {
        UTC_TIME => text.split_at_checked(2)?,
        GENERALIZED_TIME => text.split_at_checked(4)?,
        _ => return None,
    };
    if rest.len() != 10 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let year: u64 = year.parse().ok()?;
    // Two digits are of this century up to 49 (RFC 5280).
    let year = match element.tag {
        UTC_TIME if year < 50 => 2000 + year,
        UTC_TIME => 1900 + year,
        _ => year,
    };
    let part = |at: usize| rest[at..at + 2].parse::<u64>().ok();
    let (month, day) = (part(0)?, part(2)?);
    let seconds = part(4)? * 3600 + part(6)? * 60 + part(8)?;
    // What was valid before 1970 is valid since then.
    let Some(years) = year.checked_sub(1970) else {
        return Some(0);
    };
    let leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    let lengths = [
        31,
        28 + u64::from(leap(year)),
        31,
        30,
        31,
        30,
        31,
        31,
        30,
        31,
        30,
        31,
    ];
    let before = match month {
        1..=12 => &lengths[..month as usize - 1],
        _ => return None,
    };
    let leap_days = (1970..year).filter(|year| leap(*year)).count() as u64;
    let days = years * 365 + leap_days + before.iter().sum::<u64>() + day.checked_sub(1)?;
    Some(days * 86_400 + seconds)
}

/// The same certificate without version and extensions, signed by nobody any more.
#[cfg(test)]
pub(crate) fn as_version_1(certificate: &CertificateDer<'_>) -> CertificateDer<'static> {
    let sequence = |content: &[u8]| {
        let length = u16::try_from(content.len()).expect("short").to_be_bytes();
        [&[SEQUENCE, 0x82], &length[..], content].concat()
    };
    let whole = element(certificate).expect("a certificate");
    let signed = element(whole.content).expect("what is signed");
    let (mut kept, mut left) = (Vec::new(), signed.content);
    while let Some(part) = element(left) {
        if ![EXPLICIT_0, EXPLICIT_3].contains(&part.tag) {
            kept.extend_from_slice(part.whole);
        }
        left = part.rest;
    }
    sequence(&[&sequence(&kept), signed.rest].concat()).into()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rcgen::PublicKeyData as _;

    use super::*;

    fn read(tag: u8, text: &str) -> Option<u64> {
        let length = u8::try_from(text.len()).expect("short");
        let der = [&[tag, length], text.as_bytes()].concat();
        time(&mut der.as_slice())
    }

    #[test]
    fn times_are_seconds_since_1970() {
        for (tag, text, seconds) in [
            (UTC_TIME, "700101000000Z", 0),
            (UTC_TIME, "260228235959Z", 1_772_323_199),
            (UTC_TIME, "260301000000Z", 1_772_323_200),
            (UTC_TIME, "491231235959Z", 2_524_607_999),
            (UTC_TIME, "500101000000Z", 0),
            (GENERALIZED_TIME, "20000229120000Z", 951_825_600),
            (GENERALIZED_TIME, "40960101000000Z", 67_090_118_400),
        ] {
            assert_eq!(read(tag, text), Some(seconds), "{text}");
        }
        for text in [
            "",
            "2602Z",
            "260228235959",
            "261328235959Z",
            "260028000000Z",
            "26é228235959Z",
        ] {
            assert_eq!(read(UTC_TIME, text), None, "{text}");
        }
    }

    #[test]
    fn a_certificate_is_taken_apart() {
        let mut parameters =
            rcgen::CertificateParams::new(["localhost".to_owned()]).expect("names");
        let subject = &mut parameters.distinguished_name;
        subject.push(rcgen::DnType::OrganizationName, "Example");
        subject.push(rcgen::DnType::CommonName, "Console.example.com");
        parameters.not_before = rcgen::date_time_ymd(2020, 1, 1);
        parameters.not_after = rcgen::date_time_ymd(2050, 1, 1);
        let key = rcgen::KeyPair::generate().expect("a key");
        let made = parameters.self_signed(&key).expect("a certificate");
        let read = Certificate::read(made.der()).expect("read");
        assert!(!read.is_version_1 && read.tells_names());
        let named =
            |name: &str| read.is_named(&ServerName::try_from(name.to_owned()).expect("a name"));
        assert!(named("console.example.com"));
        assert!(!named("example.com") && !named("localhost") && !named("127.0.0.1"));
        let valid = |at| read.is_valid_at(UnixTime::since_unix_epoch(Duration::from_secs(at)));
        assert!(valid(1_577_836_800) && valid(2_524_608_000));
        assert!(!valid(1_577_836_799) && !valid(2_524_608_001));
        assert_eq!(read.public_key().as_ref(), key.subject_public_key_info());
        let name = read.subject();
        assert!(
            name.contains("CN=Console.example.com") && name.contains("O=Example"),
            "{name}"
        );
        assert_eq!(read.issuer(), name);
        assert_eq!(read.validity(), [1_577_836_800, 2_524_608_000]);
        for cut in 0..made.der().len() {
            let cut = CertificateDer::from(&made.der()[..cut]);
            assert!(Certificate::read(&cut).is_none());
        }
    }
}
