-- What the registry gave with a listing, to ask whether it is still the same.
ALTER TABLE listings ADD COLUMN validator TEXT;

-- What the artifact at a digest says about itself, as JSON. A digest never means anything else, so this stays.
CREATE TABLE descriptions (
    image       TEXT NOT NULL,
    digest      TEXT NOT NULL,
    description TEXT NOT NULL,
    PRIMARY KEY (image, digest)
);
