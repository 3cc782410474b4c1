-- The first statement of what makes the histories of a partition anew or drops them: nobody else rewrites any
-- meanwhile. It takes no snapshot.
LOCK TABLE history_work IN EXCLUSIVE MODE
