module tracker-mock/integrations/go

go 1.19
