//! What a picture looks like, in few numbers: enough to know it again in another size, format or quality.

use image::{DynamicImage, Rgba, RgbaImage, imageops::FilterType};

/// So many places a row, and one more to compare the last one with.
const PLACES: u32 = 8;
/// Colours are counted on a picture of this size.
const COUNTED: u32 = 48;

/// The print of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Print {
    /// As it was sent.
    pub width: u32,
    pub height: u32,
    /// How many percent of it are one colour.
    pub blank_percent: u32,
    /// Whether it grows lighter from each of 8 × 8 places to the next.
    pub(crate) bits: u64,
}

impl Print {
    pub(crate) fn of(picture: &DynamicImage) -> Self {
        let (width, height) = (picture.width(), picture.height());
        let small = on_white(&picture.resize_exact(COUNTED, COUNTED, FilterType::Triangle).to_rgba8());
        let grey = DynamicImage::ImageRgba8(small.clone());
        let grey = grey.resize_exact(PLACES + 1, PLACES, FilterType::Triangle).to_luma8();
        let mut bits = 0_u64;
        for y in 0..PLACES {
            for x in 0..PLACES {
                let lighter = grey.get_pixel(x + 1, y).0[0] > grey.get_pixel(x, y).0[0];
                bits = bits << 1 | u64::from(lighter);
            }
        }
        Self { width, height, blank_percent: blank_percent(&small), bits }
    }

    /// The quarters by which it is found, each with its number.
    pub(crate) fn parts(bits: u64) -> [i64; 4] {
        [0, 1, 2, 3].map(|quarter: u32| {
            let part = bits >> (quarter * 16) & 0xffff;
            i64::from(quarter) << 16 | i64::try_from(part).unwrap_or_default()
        })
    }
}

/// What is transparent is seen on a page.
fn on_white(picture: &RgbaImage) -> RgbaImage {
    RgbaImage::from_fn(picture.width(), picture.height(), |x, y| {
        let Rgba([red, green, blue, alpha]) = *picture.get_pixel(x, y);
        let over = |part: u8| {
            let mixed = u32::from(part) * u32::from(alpha) + 255 * (255 - u32::from(alpha));
            u8::try_from(mixed / 255).unwrap_or(u8::MAX)
        };
        Rgba([over(red), over(green), over(blue), 255])
    })
}

/// Colours that differ little count as one.
fn blank_percent(picture: &RgbaImage) -> u32 {
    let mut counts = std::collections::BTreeMap::new();
    for Rgba([red, green, blue, _]) in picture.pixels() {
        *counts.entry((red >> 4, green >> 4, blue >> 4)).or_insert(0_u32) += 1;
    }
    counts.values().max().copied().unwrap_or_default() * 100 / (COUNTED * COUNTED)
}

#[cfg(test)]
mod tests {
    use image::{Rgb, RgbImage};

    use super::*;

    fn rings(side: u32, offset: u32) -> DynamicImage {
        DynamicImage::ImageRgb8(RgbImage::from_fn(side, side, |x, y| {
            let (x, y) = (x * 100 / side, y * 100 / side);
            let light = (x * x + y * (offset + x / 3)) / 40 % 256;
            Rgb([u8::try_from(light).unwrap(), 90, u8::try_from(255 - light).unwrap()])
        }))
    }

    #[test]
    fn a_picture_is_known_again_in_another_size() {
        let (large, small, other) =
            (Print::of(&rings(800, 20)), Print::of(&rings(200, 20)), Print::of(&rings(800, 77)));
        assert!((large.bits ^ small.bits).count_ones() <= 3, "{large:?} {small:?}");
        assert!((large.bits ^ other.bits).count_ones() > 8, "{large:?} {other:?}");
        let common = |one: u64, two: u64| Print::parts(one).iter().any(|part| Print::parts(two).contains(part));
        assert!(common(large.bits, small.bits));
    }

    #[test]
    fn a_picture_of_one_colour_is_blank() {
        let white = DynamicImage::ImageRgb8(RgbImage::from_pixel(300, 300, Rgb([250, 250, 250])));
        assert_eq!(Print::of(&white).blank_percent, 100);
        assert!(Print::of(&rings(300, 20)).blank_percent < 60);
        let nothing = DynamicImage::ImageRgba8(RgbaImage::from_pixel(64, 64, Rgba([9, 9, 9, 0])));
        assert_eq!(Print::of(&nothing).blank_percent, 100);
    }

    #[test]
    fn prints_that_differ_in_three_bits_share_a_part() {
        for flipped in [0b1 | 1 << 17 | 1 << 34, 1 << 63 | 1 << 62 | 1, 0] {
            let (one, two) = (0x0123_4567_89ab_cdef_u64, 0x0123_4567_89ab_cdef_u64 ^ flipped);
            assert!(Print::parts(one).iter().any(|part| Print::parts(two).contains(part)));
        }
    }
}
