"""Every bound of the parity tests, in one place. None is loosened to make a test pass."""

# prepare against a full decode resized with Pillow's lanczos; the same for sharp at the same size and quality.
QUALITY = 95
SIZES = (384, 640, 1600)
WORST_BEHIND_SHARP_DB = 1.0
MEAN_BEHIND_SHARP_DB = 0.0
SHIFT_MAX_PX = 0.1  # half a pixel is the usual mistake; lanczos against area at DCT scales stays far below a tenth
CAST_MAX = 0.5  # of 255: mean signed error of a channel, over all pictures and within each

# exif_orientation at 600 px.
ORIENTATION_SIZE = 600
ORIENTATION_MIN_DB = 38.0
ORIENTATION_PAIR_DB = 0.5

# embed, MobileNetV2 over camera and large, against full decodes with Pillow. Cosines of features; tensors in dB of 255.
EMBED_COSINE_MEAN = {"default": 0.9995, "exact": 0.9995}
EMBED_COSINE_WORST = {"default": 0.996, "exact": 0.9995}
EMBED_TENSOR_MIN_DB = 37.0
EMBED_EXACT_DIFFERENT = 0  # share of a picture's values that are not Pillow's own
EMBED_LABELS_AGREE = 0.98  # over camera, coco128 and kodak; else the reference's label is among our best two

# Full-size decodes. Lossless: equal samples after both are scaled to 0..1.
LOSSLESS_MAX_DIFFERENCE = 0.5 / 65535
FLOAT_MAX_DIFFERENCE = 1e-6
LOSSY_MIN_DB = 45.0
