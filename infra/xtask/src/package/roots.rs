//! The public roots of trust, as the file where programs look for them.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use webpki_root_certs::TLS_SERVER_ROOT_CERTS;

/// The length of a line of a certificate (RFC 7468).
const LINE: usize = 64;

/// Mozilla's roots, one PEM block each.
pub(super) fn pem() -> String {
    let mut text = String::new();
    for root in TLS_SERVER_ROOT_CERTS {
        text.push_str("-----BEGIN CERTIFICATE-----\n");
        let mut rest = &*BASE64_STANDARD.encode(root.as_ref());
        while !rest.is_empty() {
            let (line, more) = rest.split_at(rest.len().min(LINE));
            text.push_str(line);
            text.push('\n');
            rest = more;
        }
        text.push_str("-----END CERTIFICATE-----\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_root_comes_back_out_of_its_block() {
        let text = pem();
        let blocks: Vec<Vec<u8>> = text
            .split_terminator("-----END CERTIFICATE-----\n")
            .map(|block| {
                let lines = block.strip_prefix("-----BEGIN CERTIFICATE-----\n");
                let lines = lines.expect("a first line");
                assert!(lines.lines().all(|line| line.len() <= LINE));
                let joined: String = lines.lines().collect();
                BASE64_STANDARD.decode(joined).expect("base64")
            })
            .collect();
        assert!(blocks.len() > 100, "{}", blocks.len());
        let roots: Vec<&[u8]> = TLS_SERVER_ROOT_CERTS.iter().map(AsRef::as_ref).collect();
        assert_eq!(blocks, roots);
    }
}
