//! What a program says about where it runs.

use object::LittleEndian;
use object::elf::{EM_AARCH64, EM_X86_64, FileHeader64, PT_INTERP};
use object::read::elf::{FileHeader as _, ProgramHeader as _};

/// The architecture of a static Linux program, by the name that images give it.
///
/// One that needs a dynamic loader is an error: an image with nothing else in it has none, and the
/// engine would only say that there is "no such file".
pub(super) fn architecture(program: &[u8]) -> Result<&'static str, &'static str> {
    // All that is built for.
    if !program.starts_with(b"\x7fELF\x02\x01") {
        return Err("it is not a 64-bit little-endian ELF program");
    }
    let broken = |_| "it is cut short";
    let header = FileHeader64::<LittleEndian>::parse(program).map_err(broken)?;
    let architecture = match header.e_machine(LittleEndian) {
        EM_X86_64 => "amd64",
        EM_AARCH64 => "arm64",
        _ => return Err("it is neither for x86_64 nor for aarch64"),
    };
    let headers = header
        .program_headers(LittleEndian, program)
        .map_err(broken)?;
    match headers
        .iter()
        .any(|header| header.p_type(LittleEndian) == PT_INTERP)
    {
        true => Err("it is not static: it asks for a dynamic loader"),
        false => Ok(architecture),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The smallest thing that passes for a program, with program headers of these kinds.
    pub(crate) fn program(machine: u8, headers: &[u32]) -> Vec<u8> {
        let mut data = b"\x7fELF\x02\x01\x01".to_vec();
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
        let loader = architecture(&program(0x3e, &[1, PT_INTERP.0])).unwrap_err();
        assert!(loader.contains("dynamic loader"), "{loader}");
        let mut cut = program(0x3e, &[1, 1]);
        cut.truncate(100);
        for other in [&b"#!/bin/sh\n"[..], b"", &program(3, &[]), &cut] {
            architecture(other).unwrap_err();
        }
    }
}
