-- AlterTable
ALTER TABLE "Operation" ADD COLUMN "steps" TEXT NOT NULL DEFAULT '[]';

-- The steps of an operation are written with it, as one row.
UPDATE "Operation" SET "steps" = (
    SELECT json_group_array(json_object(
        'name', "name",
        'state', "state",
        'output', json("output"),
        'error', json("error"),
        'attempts', "attempts",
        'progress', json("progress"),
        'startedAt', "startedAt",
        'endedAt', "endedAt"
    ))
    FROM (SELECT * FROM "OperationStep" WHERE "operationId" = "Operation"."id" ORDER BY "index")
);

-- DropTable
DROP TABLE "OperationStep";
