package body Genmod is
   procedure Need (Code : Status; W : Handle) is
   begin
      if Code /= 0 then
         raise Failure
           with Value (Status_Name (Code)) & ": " & Value (Workspace_Error (W));
      end if;
   end Need;
end Genmod;
