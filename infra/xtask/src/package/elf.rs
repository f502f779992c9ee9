//! What a program says about where it runs.

/// The program header that names a dynamic loader.
const PT_INTERP: u32 = 3;

/// The architecture of a static Linux program, by the name that images give it.
///
/// One that needs a dynamic loader is an error: an image with nothing else in it has none, and the
/// engine would only say that there is "no such file".
pub(super) fn architecture(program: &[u8]) -> Result<&'static str, &'static str> {
    let broken = "it is cut short";
    // 64 bits, little endian: all that is built for.
    if !program.starts_with(b"\x7fELF\x02\x01") {
        return Err("it is not a 64-bit little-endian ELF program");
    }
    let architecture = match number(program, 18, 2).ok_or(broken)? {
        0x3e => "amd64",
        0xb7 => "arm64",
        _ => return Err("it is neither for x86_64 nor for aarch64"),
    };
    let table = number(program, 32, 8).ok_or(broken)?;
    let size = number(program, 54, 2).ok_or(broken)?;
    let count = number(program, 56, 2).ok_or(broken)?;
    for index in 0..count {
        let kind = number(program, table.saturating_add(index * size), 4).ok_or(broken)?;
        if kind == u64::from(PT_INTERP) {
            return Err("it is not static: it asks for a dynamic loader");
        }
    }
    Ok(architecture)
}

/// A little-endian number of `size` bytes.
fn number(data: &[u8], at: u64, size: usize) -> Option<u64> {
    let start = usize::try_from(at).ok()?;
    let bytes = data.get(start..start.checked_add(size)?)?;
    Some(
        bytes
            .iter()
            .rev()
            .fold(0, |sum, byte| (sum << 8) | u64::from(*byte)),
    )
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The smallest thing that passes for a program, with program headers of these kinds.
    pub(crate) fn program(machine: u8, headers: &[u32]) -> Vec<u8> {
        let mut data = b"\x7fELF\x02\x01".to_vec();
        data.resize(64, 0);
        data[18] = machine;
        data[32] = 64;
        data[54] = 56;
        data[56] = u8::try_from(headers.len()).expect("few headers");
        for kind in headers {
            data.extend(kind.to_le_bytes());
            data.resize(data.len() + 52, 0);
        }
        data
    }

    #[test]
    fn static_programs_are_known_by_their_architecture() {
        assert_eq!(architecture(&program(0x3e, &[1, 2, 7])), Ok("amd64"));
        assert_eq!(architecture(&program(0xb7, &[1])), Ok("arm64"));
    }

    #[test]
    fn what_would_not_start_is_refused() {
        let loader = architecture(&program(0x3e, &[1, PT_INTERP])).unwrap_err();
        assert!(loader.contains("dynamic loader"), "{loader}");
        let mut cut = program(0x3e, &[1, 1]);
        cut.truncate(100);
        for other in [&b"#!/bin/sh\n"[..], b"", &program(3, &[]), &cut] {
            architecture(other).unwrap_err();
        }
    }
}
