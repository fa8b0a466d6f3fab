//! Pictures of products: taken apart and drawn again, so that what buyers load was made here.

use std::io::Cursor;

use image::{
    DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, codecs::jpeg::JpegEncoder, imageops::FilterType,
};
use kernel::Invalid;

use crate::{prints::Print, rules::Purpose};

/// A picture may be so many bytes long; what it unpacks to is bounded by its sides.
const BYTES_MAX: usize = 5_000_000;
const SIDE_MAX: u32 = 5_000;
/// Four bytes for each pixel of the largest picture, and once more for what a decoder needs beside it.
const UNPACKED_MAX: u64 = 5_000 * 5_000 * 4;
const MEMORY_MAX: u64 = 5_000 * 5_000 * 4 * 2;

const LOGO_SIDE_MIN: u32 = 64;
const LOGO_SIDE_KEPT: u32 = 256;
const SCREENSHOT_SIDE_MIN: u32 = 320;
const SCREENSHOT_SIDE_KEPT: u32 = 1_600;
const JPEG_QUALITY: u8 = 84;

/// A file as it is kept, and what it looks like if it is a picture of a product.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Drawn {
    pub(crate) media_type: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) print: Option<Print>,
}

/// Draws an uploaded picture again, no larger than pages show it. What is no product picture is left alone.
pub(crate) fn redraw(purpose: Purpose, bytes: Vec<u8>, media_type: String) -> Result<Drawn, Invalid> {
    let (least, kept) = match purpose {
        Purpose::ProductLogo => (LOGO_SIDE_MIN, LOGO_SIDE_KEPT),
        Purpose::ProductScreenshot => (SCREENSHOT_SIDE_MIN, SCREENSHOT_SIDE_KEPT),
        Purpose::BusinessLicence
        | Purpose::SalesPermit
        | Purpose::ServiceAgreement
        | Purpose::Identity
        | Purpose::PaymentProof
        | Purpose::UserGuide
        | Purpose::SoftwareCopyright
        | Purpose::Certificate
        | Purpose::ProductQualification
        | Purpose::ServiceTemplate
        | Purpose::Other => return Ok(Drawn { media_type, bytes, print: None }),
    };
    if bytes.len() > BYTES_MAX {
        let hint = (
            format!("a picture may have at most {} MB; save it smaller", BYTES_MAX / 1_000_000),
            format!("图片不能超过 {} MB，可缩小后再上传", BYTES_MAX / 1_000_000),
        );
        return Err(Invalid::one("content", hint));
    }
    let (picture, format) = decode(&bytes)?;
    let (width, height) = (picture.width(), picture.height());
    if width.min(height) < least {
        let hint = (
            format!("must be at least {least} pixels wide and high; it has {width} × {height}"),
            format!("宽和高至少 {least} 像素，现为 {width} × {height}"),
        );
        return Err(Invalid::one("content", hint));
    }
    let print = Print::of(&picture);
    let shown = if width.max(height) > kept { picture.resize(kept, kept, FilterType::Triangle) } else { picture };
    let (media_type, bytes) = encode(&shown, format)?;
    Ok(Drawn { media_type, bytes, print: Some(print) })
}

fn decode(bytes: &[u8]) -> Result<(DynamicImage, ImageFormat), Invalid> {
    let unreadable = |error: &dyn std::fmt::Display| {
        let en = format!(
            "is not a picture that can be shown: {error}. Save it as PNG, JPEG or WebP, at most {SIDE_MAX} pixels wide and high"
        );
        let zh = format!("无法识别为可展示的图片，须为 PNG、JPEG 或 WebP，宽和高不超过 {SIDE_MAX} 像素");
        Invalid::one("content", (en, zh))
    };
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|error| unreadable(&error))?;
    let format = reader.format().ok_or_else(|| unreadable(&"its format is unknown"))?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE_MAX);
    limits.max_image_height = Some(SIDE_MAX);
    limits.max_alloc = Some(MEMORY_MAX);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|error| unreadable(&error))?;
    if decoder.total_bytes() > UNPACKED_MAX {
        return Err(unreadable(&"it is too large when unpacked"));
    }
    let turned = decoder.orientation().map_err(|error| unreadable(&error))?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|error| unreadable(&error))?;
    // Phones say beside the pixels how they were held; nothing but the pixels is kept.
    picture.apply_orientation(turned);
    Ok((picture, format))
}

/// Photographs stay JPEG; drawings and screens are kept exactly.
fn encode(picture: &DynamicImage, format: ImageFormat) -> Result<(String, Vec<u8>), Invalid> {
    let mut bytes = Cursor::new(Vec::new());
    let (media_type, written) = if format == ImageFormat::Jpeg {
        let rgb = picture.to_rgb8();
        ("image/jpeg", rgb.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY)))
    } else if picture.color().has_alpha() {
        ("image/webp", picture.to_rgba8().write_to(&mut bytes, ImageFormat::WebP))
    } else {
        ("image/webp", picture.to_rgb8().write_to(&mut bytes, ImageFormat::WebP))
    };
    let failed = |error: image::ImageError| {
        (format!("could not be drawn again: {error}; save it in another format"), "无法处理此图片，可换一种格式再上传")
    };
    written.map_err(|error| Invalid::one("content", failed(error)))?;
    Ok((media_type.to_owned(), bytes.into_inner()))
}

#[cfg(test)]
mod tests {
    use image::{Rgb, RgbImage};

    use super::*;

    fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        let colours = RgbImage::from_fn(width, height, |x, y| Rgb([u8::try_from((x + y) % 256).unwrap(), 90, 40]));
        colours.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    fn redrawn(purpose: Purpose, bytes: &[u8]) -> Result<(String, Vec<u8>), String> {
        redraw(purpose, bytes.to_vec(), "image/png".to_owned())
            .map(|drawn| (drawn.media_type, drawn.bytes))
            .map_err(|wrong| wrong.0[0].message.en.clone())
    }

    #[test]
    fn a_picture_is_drawn_again_without_what_was_beside_it() {
        for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP] {
            let mut bytes = picture(400, 400, format);
            bytes.extend_from_slice(b"<script>alert(1)</script>");
            let (media_type, drawn) = redrawn(Purpose::ProductScreenshot, &bytes).expect("a picture with a tail");
            let expected = if format == ImageFormat::Jpeg { "image/jpeg" } else { "image/webp" };
            assert_eq!(media_type, expected);
            assert!(!drawn.windows(8).any(|part| part == b"<script>"), "{format:?}");
            assert_eq!(image::load_from_memory(&drawn).unwrap().width(), 400);
        }
    }

    #[test]
    fn a_large_picture_is_made_as_small_as_it_is_shown() {
        let (_, drawn) = redrawn(Purpose::ProductLogo, &picture(1_000, 500, ImageFormat::Png)).unwrap();
        let logo = image::load_from_memory(&drawn).unwrap();
        assert_eq!((logo.width(), logo.height()), (256, 128));
    }

    #[test]
    fn what_is_too_small_too_large_or_no_picture_is_refused_with_the_reason() {
        let small = redrawn(Purpose::ProductScreenshot, &picture(300, 700, ImageFormat::Png)).unwrap_err();
        assert!(small.contains("at least 320 pixels") && small.contains("300 × 700"), "{small}");
        let wide = redrawn(Purpose::ProductLogo, &picture(5_001, 64, ImageFormat::Png)).unwrap_err();
        assert!(wide.contains("at most 5000 pixels"), "{wide}");
        let broken = redrawn(Purpose::ProductLogo, b"\x89PNG\r\n\x1a\nno picture at all").unwrap_err();
        assert!(broken.contains("PNG, JPEG or WebP"), "{broken}");
    }

    #[test]
    fn papers_are_kept_to_the_byte() {
        let paper = redrawn(Purpose::PaymentProof, b"not looked at").unwrap();
        assert_eq!(paper, ("image/png".to_owned(), b"not looked at".to_vec()));
    }
}
