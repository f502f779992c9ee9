//! The plugin's pictures, drawn from their sources.

use std::fs;

use harness::workspace_root;
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree};

use crate::Failure;

/// Width and height, in pixels.
const SIZE: u32 = 512;

/// By how much a pixel may differ: another processor may round differently.
const TOLERANCE: u8 = 2;

/// A picture of the source at `path`, as PNG; what is checked in, if it shows the same.
pub(super) fn png(path: &str) -> Result<Vec<u8>, Failure> {
    let wrong = |error: String| format!("{path} can't be drawn: {error}");
    let source = fs::read_to_string(workspace_root().join(path));
    let source = source.map_err(|error| wrong(error.to_string()))?;
    let tree = Tree::from_str(&source, &Options::default());
    let tree = tree.map_err(|error| wrong(error.to_string()))?;
    let mut picture = Pixmap::new(SIZE, SIZE).ok_or_else(|| wrong("too large".into()))?;
    let scale = SIZE as f32 / tree.size().width();
    let scale = Transform::from_scale(scale, scale);
    resvg::render(&tree, scale, &mut picture.as_mut());
    let old = fs::read(workspace_root().join(path.replace(".svg", ".png")));
    if let Ok(old) = old
        && Pixmap::decode_png(&old).is_ok_and(|old| show_the_same(&old, &picture))
    {
        return Ok(old);
    }
    let png = picture.encode_png();
    Ok(png.map_err(|error| wrong(error.to_string()))?)
}

fn show_the_same(one: &Pixmap, other: &Pixmap) -> bool {
    let mut bytes = one.data().iter().zip(other.data());
    (one.width(), one.height()) == (other.width(), other.height())
        && bytes.all(|(one, other)| one.abs_diff(*other) <= TOLERANCE)
}
