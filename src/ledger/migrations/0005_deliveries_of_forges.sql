-- Events of forges are about repositories: `forge` is the forge's name and `repositories` a JSON list of names. Both are
-- absent where an event is about images.
ALTER TABLE deliveries ADD COLUMN forge TEXT;
ALTER TABLE deliveries ADD COLUMN repositories TEXT;
