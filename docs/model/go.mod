module ticketing.dev/docs/model

go 1.26.0
