-- Undoes what the file `.up.sql` does. Without this file it cannot be undone.

